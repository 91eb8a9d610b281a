/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-markdown-private.h"

#include <cmark-gfm-core-extensions.h>
#include <string.h>

/* Quotes, lists and spans that are deeper in one another than this leave only
 * their content behind. */
#define MAX_NESTING 48

/* A longer one tells nothing. */
#define MAX_FILE_NAME 100

/* Where the walk is. */
typedef struct
{
  LoftHtmlWriter *writer;         /* not owned */
  const LoftMarkdownPlace *place; /* not owned */
  cmark_node *node;               /* not owned: the current one */
  /* owned: for each open node, how many elements it opened */
  GByteArray *opened;
  GString *alternative; /* owned: the text of the image that the walk is in */
  LoftMarkdownHeadings headings;
  guint nesting;
  guint links;  /* that the walk is in; those that are none don't count */
  guint images; /* that the walk is in */
  gboolean in_table_body;
  guint column;
} Walk;

static void
add_text (Walk *self, const char *text)
{
  if (text == NULL)
    return;
  if (self->images > 0)
    g_string_append (self->alternative, text);
  else if (self->links > 0)
    loft_html_writer_add_text (self->writer, text, strlen (text));
  else
    loft_markdown_add_linked_text (self->writer, self->place, text);
}

static void
add_as_it_is (Walk *self, const char *text)
{
  if (self->images > 0)
    g_string_append (self->alternative, text);
  else
    loft_html_writer_add_text (self->writer, text, strlen (text));
}

static void
add_attribute (LoftHtmlWriter *writer, const char *name, const char *value)
{
  if (value != NULL && *value != '\0' && strlen (value) < 1024)
    loft_html_writer_set (writer, name, value);
}

/* Opens a link; the writer has the link open afterwards. */
void
loft_markdown_add_link_start (LoftHtmlWriter *writer, const char *url)
{
  loft_html_writer_open (writer, "a");
  if (loft_markdown_is_outside (url))
    loft_html_writer_set (writer, "rel", "nofollow noopener ugc");
  loft_html_writer_set (writer, "href", url);
}

/* The last part of a URL's path, for an image that has no other name. */
static char *
get_file_name (const char *url)
{
  gsize length = strcspn (url, "?#");
  g_autofree char *path = g_strndup (url, length);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *decoded = g_uri_unescape_string (name, NULL);

  if (decoded != NULL && strlen (decoded) <= MAX_FILE_NAME)
    return g_steal_pointer (&decoded);

  return g_strdup ("…");
}

/* Adds an image of the package. An image from elsewhere becomes a link to it:
 * the page may not load it, and whoever looks at the page wants nobody else to
 * know. */
void
loft_markdown_add_image (LoftHtmlWriter *writer,
                         const LoftMarkdownPlace *place,
                         const char *url,
                         const char *alternative,
                         gboolean in_link)
{
  g_autofree char *source = loft_markdown_resolve_image (place, url);
  g_autofree char *link =
    source == NULL && !in_link ? loft_markdown_resolve_link (place, url) : NULL;
  gboolean named = alternative[strspn (alternative, " \t\n")] != '\0';
  g_autofree char *name = named ? g_strdup (alternative)
                                : get_file_name (source != NULL ? source : url);

  if (source != NULL)
    {
      loft_html_writer_add_void (writer, "img");
      loft_html_writer_set (writer, "src", source);
      loft_html_writer_set (writer, "alt", named || in_link ? name : "");
      loft_html_writer_set (writer, "loading", "lazy");
      return;
    }

  if (link != NULL)
    loft_markdown_add_link_start (writer, link);
  if (link != NULL || named || in_link)
    loft_html_writer_add_text (writer, name, strlen (name));
  if (link != NULL)
    loft_html_writer_close (writer);
}

static guint
open_one (Walk *self, const char *element)
{
  loft_html_writer_open (self->writer, element);

  return 1;
}

static guint
open_heading (Walk *self)
{
  static const char *const elements[] = { "h2", "h3", "h4", "h5", "h6" };
  int own = cmark_node_get_heading_level (self->node);
  guint level =
    loft_markdown_headings_get_level (&self->headings, CLAMP (own, 1, 6));
  g_autofree char *identifier =
    loft_markdown_headings_make_identifier (&self->headings, self->node);

  loft_html_writer_open (self->writer, elements[level - 2]);
  loft_html_writer_set (self->writer, "id", identifier);

  return 1;
}

static guint
open_list (Walk *self)
{
  int start = cmark_node_get_list_start (self->node);

  if (cmark_node_get_list_type (self->node) != CMARK_ORDERED_LIST)
    return open_one (self, "ul");

  open_one (self, "ol");
  if (start != 1 && start >= 0)
    {
      g_autofree char *number = g_strdup_printf ("%d", start);
      loft_html_writer_set (self->writer, "start", number);
    }

  return 1;
}

/* The text that an item begins with, if that says whether a task is done. */
static cmark_node *
find_task (cmark_node *item)
{
  cmark_node *paragraph = cmark_node_first_child (item);
  cmark_node *text = cmark_node_first_child (paragraph);

  if (cmark_node_get_type (paragraph) != CMARK_NODE_PARAGRAPH ||
      cmark_node_get_type (text) != CMARK_NODE_TEXT)
    return NULL;

  const char *literal = cmark_node_get_literal (text);
  return literal[0] == '[' && literal[1] != '\0' &&
             strchr (" xX", literal[1]) != NULL && literal[2] == ']' &&
             literal[3] == ' '
           ? text
           : NULL;
}

static guint
open_item (Walk *self)
{
  open_one (self, "li");
  if (find_task (self->node) != NULL)
    loft_html_writer_set (self->writer, "class", "task");

  return 1;
}

static gboolean
is_task (cmark_node *text)
{
  cmark_node *item = cmark_node_parent (cmark_node_parent (text));

  return cmark_node_get_type (item) == CMARK_NODE_ITEM &&
         find_task (item) == text;
}

static gboolean
is_tight (cmark_node *paragraph)
{
  cmark_node *item = cmark_node_parent (paragraph);

  return cmark_node_get_type (item) == CMARK_NODE_ITEM &&
         cmark_node_get_list_tight (cmark_node_parent (item));
}

static guint
open_link (Walk *self)
{
  const char *url = cmark_node_get_url (self->node);
  g_autofree char *resolved =
    self->links == 0 ? loft_markdown_resolve_link (self->place, url) : NULL;

  if (resolved == NULL)
    return 0;

  loft_markdown_add_link_start (self->writer, resolved);
  add_attribute (self->writer, "title", cmark_node_get_title (self->node));
  self->links++;
  if (cmark_node_first_child (self->node) == NULL)
    loft_html_writer_add_text (self->writer, url, strlen (url));

  return 1;
}

static guint
open_table (Walk *self)
{
  loft_html_writer_open (self->writer, "div");
  loft_html_writer_set (self->writer, "class", "table");
  loft_html_writer_set (self->writer, "tabindex", "0");
  loft_html_writer_open (self->writer, "table");
  self->in_table_body = FALSE;

  return 2;
}

static guint
open_row (Walk *self)
{
  self->column = 0;
  if (cmark_gfm_extensions_get_table_row_is_header (self->node))
    {
      loft_html_writer_open (self->writer, "thead");
      loft_html_writer_open (self->writer, "tr");
      return 2;
    }

  if (!self->in_table_body)
    loft_html_writer_open (self->writer, "tbody");
  self->in_table_body = TRUE;

  return open_one (self, "tr");
}

static guint
open_cell (Walk *self)
{
  cmark_node *row = cmark_node_parent (self->node);
  cmark_node *table = cmark_node_parent (row);
  const guint8 *sides = cmark_gfm_extensions_get_table_alignments (table);
  guint columns = cmark_gfm_extensions_get_table_columns (table);
  char side =
    sides != NULL && self->column < columns ? (char) sides[self->column] : '\0';

  open_one (self,
            cmark_gfm_extensions_get_table_row_is_header (row) ? "th" : "td");
  if (side == 'c' || side == 'r')
    loft_html_writer_set (self->writer,
                          "class",
                          side == 'c' ? "center" : "right");
  self->column++;

  return 1;
}

/* Types that extensions brought have no constants. */
static gboolean
is_extension (cmark_node *node, const char *name)
{
  return g_str_equal (cmark_node_get_type_string (node), name);
}

static guint
open_extension (Walk *self)
{
  if (is_extension (self->node, "strikethrough"))
    return self->nesting <= MAX_NESTING ? open_one (self, "del") : 0;
  if (is_extension (self->node, "table"))
    return open_table (self);
  if (is_extension (self->node, "table_row") ||
      is_extension (self->node, "table_header"))
    return open_row (self);
  if (is_extension (self->node, "table_cell"))
    return open_cell (self);

  return 0;
}

static gboolean
nests (cmark_node *node)
{
  switch ((int) cmark_node_get_type (node))
    {
    case CMARK_NODE_BLOCK_QUOTE:
    case CMARK_NODE_LIST:
    case CMARK_NODE_EMPH:
    case CMARK_NODE_STRONG:
      return TRUE;
    default:
      return is_extension (node, "strikethrough");
    }
}

/* Opens what a node is in HTML, if anything, and returns how many elements that
 * were. */
static guint
open_node (Walk *self)
{
  gboolean deep = self->nesting > MAX_NESTING;

  switch ((int) cmark_node_get_type (self->node))
    {
    case CMARK_NODE_DOCUMENT:
      return 0;
    case CMARK_NODE_BLOCK_QUOTE:
      return deep ? 0 : open_one (self, "blockquote");
    case CMARK_NODE_LIST:
      return deep ? 0 : open_list (self);
    case CMARK_NODE_ITEM:
      return deep ? 0 : open_item (self);
    case CMARK_NODE_PARAGRAPH:
      return is_tight (self->node) ? 0 : open_one (self, "p");
    case CMARK_NODE_HEADING:
      return open_heading (self);
    case CMARK_NODE_EMPH:
      return deep ? 0 : open_one (self, "em");
    case CMARK_NODE_STRONG:
      return deep ? 0 : open_one (self, "strong");
    case CMARK_NODE_LINK:
      return open_link (self);
    default:
      return open_extension (self);
    }
}

static void
enter (Walk *self)
{
  guint8 opened = 0;

  if (nests (self->node))
    self->nesting++;
  if (cmark_node_get_type (self->node) == CMARK_NODE_IMAGE)
    {
      if (self->images == 0)
        g_string_truncate (self->alternative, 0);
      self->images++;
    }
  else if (self->images == 0)
    opened = (guint8) open_node (self);

  g_byte_array_append (self->opened, &opened, 1);
}

static void
leave_image (Walk *self)
{
  self->images--;
  if (self->images == 0)
    loft_markdown_add_image (self->writer,
                             self->place,
                             cmark_node_get_url (self->node),
                             self->alternative->str,
                             self->links > 0);
}

static void
leave (Walk *self)
{
  guint last = self->opened->len - 1;
  guint8 opened = self->opened->data[last];

  g_byte_array_set_size (self->opened, last);
  if (nests (self->node))
    self->nesting--;

  if (cmark_node_get_type (self->node) == CMARK_NODE_IMAGE)
    leave_image (self);
  else if (cmark_node_get_type (self->node) == CMARK_NODE_LINK && opened > 0)
    self->links--;
  else if (opened > 0 && self->in_table_body &&
           is_extension (self->node, "table"))
    {
      loft_html_writer_close (self->writer);
      self->in_table_body = FALSE;
    }

  for (guint i = 0; i < opened; i++)
    loft_html_writer_close (self->writer);

  /* A line for each block, for who reads the source. */
  if (opened > 0 && (cmark_node_get_type (self->node) & CMARK_NODE_TYPE_MASK) ==
                      CMARK_NODE_TYPE_BLOCK)
    loft_html_writer_add_text (self->writer, "\n", 1);
}

/* The language that a code block says it is in, if that is a name. */
static char *
get_language (cmark_node *block)
{
  const char *info = cmark_node_get_fence_info (block);
  gsize length = info != NULL ? strcspn (info, " \t\n,{") : 0;

  if (length == 0 || length > 32)
    return NULL;

  g_autofree char *language = g_ascii_strdown (info, (gssize) length);
  if (strspn (language, "abcdefghijklmnopqrstuvwxyz0123456789+#-") != length)
    return NULL;

  return g_steal_pointer (&language);
}

static void
add_code_block (Walk *self)
{
  const char *code = cmark_node_get_literal (self->node);
  g_autofree char *language = get_language (self->node);

  loft_html_writer_open (self->writer, "pre");
  loft_html_writer_set (self->writer, "tabindex", "0");
  loft_html_writer_open (self->writer, "code");
  if (language != NULL)
    {
      g_autofree char *class = g_strconcat ("language-", language, NULL);
      loft_html_writer_set (self->writer, "class", class);
    }
  if (g_strcmp0 (language, "loft") == 0)
    loft_markdown_add_loft (self->writer, code);
  else
    loft_html_writer_add_text (self->writer, code, strlen (code));
  loft_html_writer_close (self->writer);
  loft_html_writer_close (self->writer);
  loft_html_writer_add_text (self->writer, "\n", 1);
}

static void
add_code (Walk *self)
{
  if (self->images == 0)
    loft_html_writer_open (self->writer, "code");
  add_as_it_is (self, cmark_node_get_literal (self->node));
  if (self->images == 0)
    loft_html_writer_close (self->writer);
}

static void
add_task_text (Walk *self, const char *text)
{
  add_as_it_is (self, text[1] == ' ' ? "☐ " : "☑ ");
  add_text (self, text + strlen ("[ ] "));
}

static void
add_line_break (Walk *self)
{
  if (self->images == 0)
    loft_html_writer_add_void (self->writer, "br");
  add_as_it_is (self, "\n");
}

/* Nodes that have no others in them come by once only. */
static gboolean
add_leaf (Walk *self)
{
  const char *text = cmark_node_get_literal (self->node);

  switch ((int) cmark_node_get_type (self->node))
    {
    case CMARK_NODE_TEXT:
      if (is_task (self->node))
        add_task_text (self, text);
      else
        add_text (self, text);
      return TRUE;
    case CMARK_NODE_SOFTBREAK:
      add_as_it_is (self, "\n");
      return TRUE;
    case CMARK_NODE_LINEBREAK:
      add_line_break (self);
      return TRUE;
    case CMARK_NODE_CODE:
      add_code (self);
      return TRUE;
    case CMARK_NODE_HTML_INLINE:
      if (self->images == 0)
        loft_markdown_add_html_inline (self->writer,
                                       self->place,
                                       text,
                                       self->links > 0);
      return TRUE;
    case CMARK_NODE_HTML_BLOCK:
      loft_markdown_add_html_block (self->writer, self->place, text);
      return TRUE;
    case CMARK_NODE_CODE_BLOCK:
      add_code_block (self);
      return TRUE;
    case CMARK_NODE_THEMATIC_BREAK:
      loft_html_writer_add_void (self->writer, "hr");
      loft_html_writer_add_text (self->writer, "\n", 1);
      return TRUE;
    default:
      return FALSE;
    }
}

/* Writes all that is known below @document. */
void
loft_markdown_add_document (LoftHtmlWriter *writer,
                            const LoftMarkdownPlace *place,
                            cmark_node *document)
{
  g_autoptr (GByteArray) opened = g_byte_array_new ();
  g_autoptr (GString) alternative = g_string_new (NULL);
  Walk walk = { .writer = writer,
                .place = place,
                .opened = opened,
                .alternative = alternative };
  cmark_iter *iter = cmark_iter_new (document);
  cmark_event_type event = CMARK_EVENT_NONE;

  loft_markdown_headings_init (&walk.headings);
  while ((event = cmark_iter_next (iter)) != CMARK_EVENT_DONE &&
         !loft_html_writer_is_full (writer))
    {
      walk.node = cmark_iter_get_node (iter);
      if (event == CMARK_EVENT_EXIT)
        leave (&walk);
      else if (!add_leaf (&walk))
        enter (&walk);
    }

  cmark_iter_free (iter);
  loft_markdown_headings_clear (&walk.headings);
}
