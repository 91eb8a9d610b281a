/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-archive-tree.h"

#include <string.h>

#include "registry/loft-path.h"
#include "registry/loft-quote.h"

/*
 * What an archive unpacks to must be the same on every system, and stay below
 * the folder that it is unpacked in. So two members may not meet in one place,
 * not even on a file system that ignores case or the way in which accents are
 * composed; nothing may be unpacked through a symbolic link; and a link may
 * only lead to something that is in the archive itself, through whatever other
 * links it goes: what a dangling link means, others would decide later.
 *
 * All is bounded, for the archive is a stranger's: the number of nodes, those
 * of folders that are only part of a path included, and the steps that links
 * take. A balanced tree has no keys that collide.
 */

#define LINKS_MAX 16
#define STEPS_MAX 200000

typedef struct _Node Node;

struct _Node
{
  guint id;
  Node *parent; /* unowned, NULL for the root */
  char *name;   /* owned */
  char *folded; /* owned */
  LoftArchiveKind kind;
  gboolean is_implicit; /* a folder that is no member itself */
  char *target;         /* owned, nullable */
};

struct _LoftArchiveTree
{
  LoftFindings *findings; /* owned */
  guint nodes_max;
  gsize path_max;
  GPtrArray *nodes; /* owned, of owned Node; the first is the root */
  GTree *children;  /* owned, of nodes by parent and folded name */
  gboolean is_full;
};

static void
node_free (gpointer data)
{
  Node *node = data;

  g_free (node->name);
  g_free (node->folded);
  g_free (node->target);
  g_free (node);
}

static int
compare_nodes (gconstpointer a, gconstpointer b)
{
  const Node *one = a;
  const Node *other = b;

  if (one->parent->id != other->parent->id)
    return one->parent->id < other->parent->id ? -1 : 1;

  return strcmp (one->folded, other->folded);
}

/**
 * loft_archive_tree_new:
 * @nodes_max: how many files, folders and links there may be
 * @path_max: how many bytes a path may have
 * @findings: where to add what is wrong
 *
 * Makes an empty tree, which adds the findings `path-duplicate`, `path-case`,
 * `path-conflict`, `path-below-link`, `entries`, `link-escape`, `link-target`,
 * `link-chain` and those of loft_path_check().
 *
 * Returns: (transfer full): the tree
 */
LoftArchiveTree *
loft_archive_tree_new (guint nodes_max, gsize path_max, LoftFindings *findings)
{
  g_return_val_if_fail (findings != NULL, NULL);

  LoftArchiveTree *self = g_new0 (LoftArchiveTree, 1);

  self->findings = loft_findings_ref (findings);
  self->nodes_max = nodes_max;
  self->path_max = path_max;
  self->nodes = g_ptr_array_new_with_free_func (node_free);
  self->children = g_tree_new (compare_nodes);
  g_ptr_array_add (self->nodes, g_new0 (Node, 1));

  return self;
}

/**
 * loft_archive_tree_free:
 * @self: (transfer full): a tree
 *
 * Frees a tree.
 */
void
loft_archive_tree_free (LoftArchiveTree *self)
{
  g_return_if_fail (self != NULL);

  g_tree_unref (self->children);
  g_ptr_array_unref (self->nodes);
  loft_findings_unref (self->findings);
  g_free (self);
}

/* What names are the same for a file system that ignores case and form. */
static char *
fold_name (const char *name)
{
  if (g_str_is_ascii (name))
    return g_ascii_strdown (name, -1);

  g_autofree char *decomposed = g_utf8_normalize (name, -1, G_NORMALIZE_NFD);
  g_autofree char *caseless = g_utf8_casefold (decomposed, -1);

  return g_utf8_normalize (caseless, -1, G_NORMALIZE_NFC);
}

static Node *
find_child (LoftArchiveTree *self, Node *parent, char *folded)
{
  Node key = { .parent = parent, .folded = folded };

  return g_tree_lookup (self->children, &key);
}

/* NULL if there is no room for another one. */
static Node *
add_child (LoftArchiveTree *self,
           Node *parent,
           const char *name,
           const char *folded,
           LoftArchiveKind kind)
{
  if (self->nodes->len > self->nodes_max)
    {
      self->is_full = TRUE;
      loft_findings_add (self->findings,
                         "entries",
                         NULL,
                         "The archive has more than %u files and folders",
                         self->nodes_max);
      return NULL;
    }

  Node *node = g_new0 (Node, 1);

  node->id = self->nodes->len;
  node->parent = parent;
  node->name = g_strdup (name);
  node->folded = g_strdup (folded);
  node->kind = kind;
  g_ptr_array_add (self->nodes, node);
  g_tree_insert (self->children, node, node);

  return node;
}

static void
add_finding (LoftArchiveTree *self,
             const char *rule,
             const char *path,
             const char *problem)
{
  g_autofree char *quoted = loft_quote (path);

  loft_findings_add (self->findings, rule, path, "%s %s", quoted, problem);
}

/* Whether @path may go through @node, or end there as a second member. */
static gboolean
check_passage (LoftArchiveTree *self,
               const Node *node,
               const char *name,
               const char *path)
{
  if (!g_str_equal (node->name, name))
    add_finding (self,
                 "path-case",
                 path,
                 "differs from another path in the archive only by case or by "
                 "the form of its letters");
  else if (node->kind == LOFT_ARCHIVE_LINK)
    add_finding (self, "path-below-link", path, "lies below a symbolic link");
  else if (node->kind == LOFT_ARCHIVE_FILE)
    add_finding (self,
                 "path-conflict",
                 path,
                 "lies below something that is a file");
  else
    return TRUE;

  return FALSE;
}

static gboolean
add_last (LoftArchiveTree *self,
          Node *parent,
          const char *name,
          const char *path,
          LoftArchiveKind kind,
          const char *target)
{
  g_autofree char *folded = fold_name (name);
  Node *node = find_child (self, parent, folded);

  if (node == NULL)
    {
      node = add_child (self, parent, name, folded, kind);
      if (node == NULL)
        return FALSE;
      node->target = g_strdup (target);
      return TRUE;
    }

  if (!g_str_equal (node->name, name))
    return check_passage (self, node, name, path);
  if (!node->is_implicit)
    add_finding (self, "path-duplicate", path, "is in the archive twice");
  else if (kind == LOFT_ARCHIVE_LINK)
    add_finding (self,
                 "path-below-link",
                 path,
                 "is a symbolic link, below which other members lie");
  else if (kind == LOFT_ARCHIVE_FILE)
    add_finding (self,
                 "path-conflict",
                 path,
                 "is a file, below which other members lie");
  else
    {
      node->is_implicit = FALSE;
      return TRUE;
    }

  return FALSE;
}

static gboolean
check_path (LoftArchiveTree *self, const char *path)
{
  const char *rule = NULL;
  const char *problem = loft_path_check (path, self->path_max, &rule);
  if (problem == NULL)
    return TRUE;

  g_autofree char *quoted = loft_quote (path);
  loft_findings_add (self->findings,
                     rule,
                     path,
                     "The path %s in the archive is refused: %s",
                     quoted,
                     problem);

  return FALSE;
}

/**
 * loft_archive_tree_add:
 * @self: a tree
 * @path: its path, as loft_path_normalise() makes it; any bytes
 * @kind: what is there
 * @target: (nullable): where a link points to
 *
 * Adds a member.
 *
 * Returns: %FALSE with a finding added if it cannot be there
 */
gboolean
loft_archive_tree_add (LoftArchiveTree *self,
                       const char *path,
                       LoftArchiveKind kind,
                       const char *target)
{
  g_return_val_if_fail (self != NULL && path != NULL, FALSE);
  g_return_val_if_fail ((kind == LOFT_ARCHIVE_LINK) == (target != NULL), FALSE);

  if (!check_path (self, path))
    return FALSE;

  Node *parent = g_ptr_array_index (self->nodes, 0);
  const char *start = path;

  for (const char *slash = strchr (start, '/'); slash != NULL;
       start = slash + 1, slash = strchr (start, '/'))
    {
      g_autofree char *name = g_strndup (start, slash - start);
      g_autofree char *folded = fold_name (name);
      Node *node = find_child (self, parent, folded);

      if (node == NULL)
        {
          node = add_child (self, parent, name, folded, LOFT_ARCHIVE_FOLDER);
          if (node == NULL)
            return FALSE;
          node->is_implicit = TRUE;
        }
      else if (!check_passage (self, node, name, path))
        return FALSE;

      parent = node;
    }

  return add_last (self, parent, start, path, kind, target);
}

/**
 * loft_archive_tree_is_full:
 * @self: a tree
 *
 * Tells whether loft_archive_tree_add() met the limit.
 *
 * Returns: whether nothing more can be added
 */
gboolean
loft_archive_tree_is_full (LoftArchiveTree *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->is_full;
}

/* One walk along the target of a link. */
typedef struct
{
  LoftArchiveTree *tree; /* unowned */
  guint *steps;          /* unowned: left for all links together */
  guint links;           /* gone through so far */
  const char *rule;      /* that was broken, once it failed */
  const char *problem;
} Walk;

static Node *
fail_walk (Walk *walk, const char *rule, const char *problem)
{
  walk->rule = rule;
  walk->problem = problem;

  return NULL;
}

static Node *follow (Walk *walk, Node *at, const char *target);

static Node *
follow_component (Walk *walk, Node *at, const char *name)
{
  if (*walk->steps == 0)
    return fail_walk (walk, "link-chain", "is one of too many symbolic links");
  --*walk->steps;

  if (at->kind != LOFT_ARCHIVE_FOLDER)
    return fail_walk (walk,
                      "link-target",
                      "is a symbolic link through something that is a file");
  if (g_str_equal (name, "") || g_str_equal (name, "."))
    return at;
  if (g_str_equal (name, ".."))
    return at->parent != NULL
             ? at->parent
             : fail_walk (walk,
                          "link-escape",
                          "is a symbolic link that leads out of the archive");

  g_autofree char *folded = fold_name (name);
  Node *child = find_child (walk->tree, at, folded);
  if (child == NULL || !g_str_equal (child->name, name))
    return fail_walk (walk,
                      "link-target",
                      "is a symbolic link to something that is not in the "
                      "archive");
  if (child->kind != LOFT_ARCHIVE_LINK)
    return child;
  if (++walk->links > LINKS_MAX)
    return fail_walk (walk,
                      "link-chain",
                      "is a symbolic link through too many others, or through "
                      "itself");

  return follow (walk, at, child->target);
}

static Node *
follow (Walk *walk, Node *at, const char *target)
{
  const char *rule = NULL;

  if (*target == '\0')
    return fail_walk (walk, "link-target", "is a symbolic link to nothing");
  if (*target == '/')
    return fail_walk (walk,
                      "link-escape",
                      "is a symbolic link to an absolute path");
  if (loft_path_check_characters (target, &rule) != NULL)
    return fail_walk (walk,
                      "link-target",
                      "is a symbolic link to a path with a backslash, a drive "
                      "letter, a control character or broken UTF-8");

  g_auto (GStrv) names = g_strsplit (target, "/", -1);
  for (guint i = 0; names[i] != NULL && at != NULL; i++)
    at = follow_component (walk, at, names[i]);

  return at;
}

static char *
get_path (const Node *node)
{
  GString *path = g_string_new (node->name);

  for (node = node->parent; node->parent != NULL; node = node->parent)
    {
      g_string_prepend_c (path, '/');
      g_string_prepend (path, node->name);
    }

  return g_string_free (path, FALSE);
}

/**
 * loft_archive_tree_check_links:
 * @self: a tree to which all members were added
 *
 * Checks that every symbolic link leads to a member of the archive.
 */
void
loft_archive_tree_check_links (LoftArchiveTree *self)
{
  g_return_if_fail (self != NULL);

  guint steps = STEPS_MAX;

  for (guint i = 1; i < self->nodes->len; i++)
    {
      Node *node = g_ptr_array_index (self->nodes, i);
      Walk walk = { .tree = self, .steps = &steps };

      if (node->kind != LOFT_ARCHIVE_LINK ||
          follow (&walk, node->parent, node->target) != NULL)
        continue;

      g_autofree char *path = get_path (node);
      add_finding (self, walk.rule, path, walk.problem);
      if (steps == 0)
        return;
    }
}
