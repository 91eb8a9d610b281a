/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-pages-private.h"

#include <string.h>

#include "pages/loft-pages-resource.h"
#include "pages/loft-template.h"

/* Templates and other files, as they were built in. */

#define FOLDER "/sh/fargone/loft/registry/pages/"

/* Digits of a name that changes with what it stands for. */
#define HASH_DIGITS 16

typedef struct
{
  const char *file;
  const char *prefix;
  const char *suffix;
  const char *media_type;
  char *name;    /* owned */
  GBytes *bytes; /* owned */
} Asset;

/* Made once, and then only read. */
static Asset assets[] = {
  { "style.css", "style-", ".css", "text/css; charset=utf-8", NULL, NULL },
  { "icon.svg", "icon-", ".svg", "image/svg+xml", NULL, NULL },
  { "script.js",
    "script-",
    ".js",
    "text/javascript; charset=utf-8",
    NULL,
    NULL },
};
static GHashTable *templates = NULL;
static char *makings = NULL; /* owned: digest of what pages are made of */

static GBytes *
load (const char *file, GError **error)
{
  g_autofree char *path = g_strconcat (FOLDER, file, NULL);

  return g_resource_lookup_data (loft_pages_get_resource (), path, 0, error);
}

static char *
load_template_cb (const char *name, gpointer user_data, GError **error)
{
  g_autofree char *file =
    g_strconcat (name, strchr (name, '.') != NULL ? "" : ".html", NULL);
  g_autoptr (GBytes) bytes = load (file, error);
  gsize size = 0;
  const char *text = bytes != NULL ? g_bytes_get_data (bytes, &size) : NULL;

  return text != NULL ? g_strndup (text, size) : NULL;
}

static void
load_asset (Asset *asset)
{
  g_autoptr (GError) local_error = NULL;

  asset->bytes = load (asset->file, &local_error);
  if (asset->bytes == NULL)
    {
      g_critical ("%s is missing: %s", asset->file, local_error->message);
      asset->bytes = g_bytes_new (NULL, 0);
    }

  g_autofree char *digest =
    g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, asset->bytes);
  asset->name = g_strdup_printf ("%s%.*s%s",
                                 asset->prefix,
                                 HASH_DIGITS,
                                 digest,
                                 asset->suffix);
}

static void
load_template (const char *name)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *text = load_template_cb (name, NULL, &local_error);
  LoftTemplate *template =
    text != NULL
      ? loft_template_new (text, load_template_cb, NULL, &local_error)
      : NULL;

  if (template != NULL)
    g_hash_table_insert (templates, (gpointer) name, template);
  else
    g_critical ("The template “%s” is broken: %s", name, local_error->message);
}

static char *
compute_makings (void)
{
  g_autoptr (GChecksum) digest = g_checksum_new (G_CHECKSUM_SHA256);
  g_auto (GStrv) files =
    g_resource_enumerate_children (loft_pages_get_resource (),
                                   FOLDER,
                                   G_RESOURCE_LOOKUP_FLAGS_NONE,
                                   NULL);

  g_checksum_update (digest, (const guint8 *) PACKAGE_VERSION, -1);
  for (gsize i = 0; files != NULL && files[i] != NULL; i++)
    {
      g_autoptr (GBytes) bytes = load (files[i], NULL);
      gsize size = 0;
      const guint8 *data =
        bytes != NULL ? g_bytes_get_data (bytes, &size) : NULL;

      g_checksum_update (digest, data, (gssize) size);
    }
  loft_words_add_to_digest (digest);

  return g_strdup (g_checksum_get_string (digest));
}

static void
ensure_loaded (void)
{
  static const char *const names[] = { "dependents", "diff",    "feed.xml",
                                       "file",       "files",   "home",
                                       "layout",     "list",    "package",
                                       "problem",    "versions" };
  static gsize loaded = 0;

  if (!g_once_init_enter (&loaded))
    return;

  templates = g_hash_table_new (g_str_hash, g_str_equal);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    load_template (names[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (assets); i++)
    load_asset (&assets[i]);
  makings = compute_makings ();
  g_once_init_leave (&loaded, 1);
}

/**
 * loft_pages_find_asset:
 * @name: name of a file, with the digits that change when it does
 * @out_media_type: (out): its media type
 *
 * Finds what pages refer to.
 *
 * Returns: (transfer full) (nullable): its content, or %NULL if there is none
 */
GBytes *
loft_pages_find_asset (const char *name, const char **out_media_type)
{
  g_return_val_if_fail (name != NULL && out_media_type != NULL, NULL);

  ensure_loaded ();
  for (gsize i = 0; i < G_N_ELEMENTS (assets); i++)
    if (g_str_equal (assets[i].name, name))
      {
        *out_media_type = assets[i].media_type;
        return g_bytes_ref (assets[i].bytes);
      }

  return NULL;
}

/**
 * loft_pages_make_digest:
 * @place: where a page is
 * @content: tells what it shows from all else
 *
 * Makes a digest that tells a page from all others, before there is one.
 *
 * Returns: (transfer full): the digest, in hex
 */
char *
loft_pages_make_digest (const LoftPagesPlace *place, const char *content)
{
  g_return_val_if_fail (place != NULL && content != NULL, NULL);

  ensure_loaded ();
  g_autofree char *text = g_strjoin ("\n",
                                     makings,
                                     loft_words_get_tag (place->words),
                                     place->root,
                                     place->base,
                                     place->url != NULL ? place->url : "",
                                     content,
                                     NULL);

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

/**
 * loft_pages_new_values:
 * @place: where the page is
 *
 * Begins with what all pages are filled with.
 *
 * Returns: (transfer full): values
 */
JsonObject *
loft_pages_new_values (const LoftPagesPlace *place)
{
  g_return_val_if_fail (place != NULL, NULL);

  JsonObject *values = json_object_new ();

  ensure_loaded ();
  json_object_set_string_member (values,
                                 "language",
                                 loft_words_get_tag (place->words));
  json_object_set_string_member (values, "root", place->root);
  json_object_set_string_member (values, "base", place->base);
  if (place->view != NULL)
    json_object_set_string_member (values, "view", place->view);
  if (place->url != NULL)
    json_object_set_string_member (values, "public_url", place->url);
  json_object_set_string_member (values, "style", assets[0].name);
  json_object_set_string_member (values, "icon", assets[1].name);
  json_object_set_string_member (values, "script", assets[2].name);
  json_object_set_string_member (values, "registry_version", PACKAGE_VERSION);

  return values;
}

/**
 * loft_pages_fill:
 * @name: a template
 * @values: what to fill it with
 *
 * Makes what is no page, and is in no language.
 *
 * Returns: (transfer full): the template, filled
 */
LoftHtml *
loft_pages_fill (const char *name, JsonObject *values)
{
  g_return_val_if_fail (name != NULL && values != NULL, NULL);

  const LoftTemplate *template = g_hash_table_lookup (templates, name);
  g_return_val_if_fail (template != NULL, NULL);

  return loft_template_fill (template, NULL, values, NULL);
}

/**
 * loft_pages_finish:
 * @place: where the page is
 * @name: a template
 * @values: what to fill it with
 * @title: what the page is called
 * @readme: (nullable): a README
 *
 * Makes a whole page.
 *
 * Returns: (transfer full): the page
 */
LoftHtml *
loft_pages_finish (const LoftPagesPlace *place,
                   const char *name,
                   JsonObject *values,
                   const char *title,
                   LoftHtml *readme)
{
  g_return_val_if_fail (place != NULL && name != NULL, NULL);
  g_return_val_if_fail (values != NULL && title != NULL, NULL);

  const LoftTemplate *template = g_hash_table_lookup (templates, name);
  const LoftTemplate *layout = g_hash_table_lookup (templates, "layout");
  g_return_val_if_fail (template != NULL && layout != NULL, NULL);

  json_object_set_string_member (values, "title", title);
  g_autoptr (LoftHtml) body =
    loft_template_fill (template, place->words, values, "readme", readme, NULL);

  return loft_template_fill (layout, place->words, values, "body", body, NULL);
}
