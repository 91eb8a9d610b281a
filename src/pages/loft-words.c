/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-words.h"

#include <string.h>

#include "pages/loft-words-private.h"
#include "pages/loft-words-resource.h"

/*
 * A page is written in the language of whoever reads it, so that languages go
 * by requests, and the locale of the process, which all threads share, doesn't
 * matter. All catalogs are part of the program: none has to be found, and no
 * locale generated.
 */

#define FOLDER "/sh/fargone/loft/registry/words/"
#define SUFFIX ".mo"

struct _LoftWords
{
  char *tag; /* owned */
  LoftMessages messages;
  const char *plural; /* nullable; in @messages */
};

/* Made once, and then only read. The first one is English. */
static GPtrArray *languages = NULL; /* of owned LoftWords */
static GPtrArray *tags = NULL;      /* of their tags, and NULL */

static LoftWords *
words_new_plain (const char *tag)
{
  LoftWords *self = g_new0 (LoftWords, 1);

  self->tag = g_strdup (tag);

  return self;
}

/**
 * loft_words_new:
 * @tag: a language, as `de` or `zh-CN`
 * @bytes: its catalog, as msgfmt makes it
 *
 * Returns: (transfer full) (nullable): the texts of the language, or %NULL if
 *   @bytes is no catalog
 */
LoftWords *
loft_words_new (const char *tag, GBytes *bytes)
{
  g_autoptr (LoftWords) self = words_new_plain (tag);

  if (!loft_messages_init (&self->messages, bytes))
    return NULL;

  const char *header = loft_messages_find (&self->messages, "", NULL);
  const char *plural = header != NULL ? strstr (header, "plural=") : NULL;
  if (plural != NULL)
    self->plural = plural + strlen ("plural=");

  return g_steal_pointer (&self);
}

/**
 * loft_words_free:
 * @self: (transfer full): texts
 *
 * Frees @self.
 */
void
loft_words_free (LoftWords *self)
{
  g_clear_pointer (&self->messages.bytes, g_bytes_unref);
  g_free (self->tag);
  g_free (self);
}

static void
load_language (const char *file)
{
  g_autofree char *path = g_strconcat (FOLDER, file, NULL);
  g_autofree char *tag = g_strndup (file, strlen (file) - strlen (SUFFIX));
  g_autoptr (GBytes) bytes =
    g_resource_lookup_data (loft_words_get_resource (), path, 0, NULL);
  LoftWords *words =
    bytes != NULL ? loft_words_new (g_strdelimit (tag, "_", '-'), bytes) : NULL;

  if (words != NULL)
    g_ptr_array_add (languages, words);
  else
    g_critical ("%s is no catalog", file);
}

static void
ensure_loaded (void)
{
  static gsize loaded = 0;

  if (!g_once_init_enter (&loaded))
    return;

  g_auto (GStrv) files =
    g_resource_enumerate_children (loft_words_get_resource (),
                                   FOLDER,
                                   G_RESOURCE_LOOKUP_FLAGS_NONE,
                                   NULL);

  languages = g_ptr_array_new ();
  g_ptr_array_add (languages, words_new_plain ("en"));
  for (gsize i = 0; files != NULL && files[i] != NULL; i++)
    if (g_str_has_suffix (files[i], SUFFIX))
      load_language (files[i]);
  tags = g_ptr_array_new ();
  for (guint i = 0; i < languages->len; i++)
    g_ptr_array_add (tags, ((LoftWords *) languages->pdata[i])->tag);
  g_ptr_array_add (tags, NULL);
  g_once_init_leave (&loaded, 1);
}

/**
 * loft_words_add_to_digest:
 * @digest: a digest of what pages are made of
 *
 * Adds all texts in all languages.
 */
void
loft_words_add_to_digest (GChecksum *digest)
{
  g_return_if_fail (digest != NULL);

  ensure_loaded ();
  for (guint i = 1; i < languages->len; i++)
    {
      const LoftWords *words = languages->pdata[i];
      gsize size = 0;
      const guint8 *data = g_bytes_get_data (words->messages.bytes, &size);

      g_checksum_update (digest, data, (gssize) size);
    }
}

/**
 * loft_words_list_tags:
 *
 * Returns: (transfer none) (array zero-terminated=1): all languages, the first
 *   of which is English
 */
const char *const *
loft_words_list_tags (void)
{
  ensure_loaded ();

  return (const char *const *) tags->pdata;
}

/**
 * loft_words_find:
 * @tag: a language, as `de` or `zh-CN`
 *
 * Finds the texts of a language.
 *
 * Returns: (transfer none) (nullable): the texts, or %NULL if there are none
 */
const LoftWords *
loft_words_find (const char *tag)
{
  g_return_val_if_fail (tag != NULL, NULL);

  ensure_loaded ();
  for (guint i = 0; i < languages->len; i++)
    {
      const LoftWords *words = g_ptr_array_index (languages, i);

      if (g_str_equal (words->tag, tag))
        return words;
    }

  return NULL;
}

/**
 * loft_words_get_tag:
 * @self: (nullable): a language; %NULL for English
 *
 * Returns: (transfer none): the language, as `de` or `zh-CN`
 */
const char *
loft_words_get_tag (const LoftWords *self)
{
  return self != NULL ? self->tag : "en";
}

static const char *
find_message (const LoftWords *self,
              const char *context,
              const char *text,
              gsize *out_length)
{
  if (self == NULL || *text == '\0')
    return NULL;
  if (context == NULL)
    return loft_messages_find (&self->messages, text, out_length);

  g_autofree char *key = g_strconcat (context, "\004", text, NULL);

  return loft_messages_find (&self->messages, key, out_length);
}

/**
 * loft_words_get:
 * @self: (nullable): a language; %NULL for English
 * @text: a text of ours, in English
 *
 * Returns: (transfer none): the text in that language
 */
const char *
loft_words_get (const LoftWords *self, const char *text)
{
  return loft_words_get_in (self, NULL, text);
}

/**
 * loft_words_get_in:
 * @self: (nullable): a language; %NULL for English
 * @context: (nullable): what tells @text from others that are alike
 * @text: a text of ours, in English
 *
 * Returns: (transfer none): the text in that language
 */
const char *
loft_words_get_in (const LoftWords *self, const char *context, const char *text)
{
  g_return_val_if_fail (text != NULL, NULL);

  const char *found = find_message (self, context, text, NULL);

  return found != NULL ? found : text;
}

/**
 * loft_words_get_plural:
 * @self: (nullable): a language; %NULL for English
 * @context: (nullable): what tells @one from others that are alike
 * @one: a text of ours about one thing, in English
 * @many: the same about several
 * @n: how many there are
 *
 * Returns: (transfer none): the text in that language, about that many things
 */
const char *
loft_words_get_plural (const LoftWords *self,
                       const char *context,
                       const char *one,
                       const char *many,
                       guint64 n)
{
  g_return_val_if_fail (one != NULL && many != NULL, NULL);

  gsize length = 0;
  const char *found = find_message (self, context, one, &length);

  if (found == NULL || self->plural == NULL)
    return n == 1 ? one : many;

  const char *end = found + length;
  for (guint form = loft_plural_find (self->plural, n); form > 0; form--)
    {
      const char *next = found + strlen (found) + 1;

      if (next > end)
        break;
      found = next;
    }

  return found;
}
