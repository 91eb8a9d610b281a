/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "fuzz/fuzz.h"

#include "registry/loft-json.h"
#include "registry/loft-registry-error.h"

#define LIMIT 4096

/* What became of a text. */
typedef struct
{
  GError *error;  /* owned, nullable */
  GBytes *json;   /* owned, nullable */
  GString *taken; /* owned: what was diverted */
} Outcome;

static void
outcome_clear (Outcome *self)
{
  g_clear_error (&self->error);
  g_clear_pointer (&self->json, g_bytes_unref);
  g_string_free (self->taken, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

static gboolean
take_cb (const char *data, gsize length, gpointer user_data, GError **error)
{
  g_string_append_len (user_data, data, (gssize) length);

  return TRUE;
}

static gboolean
feed (LoftJsonScanner *scanner,
      const guint8 *data,
      gsize size,
      gsize piece,
      GError **error)
{
  for (gsize at = 0; at < size; at += piece)
    {
      gsize length = MIN (piece, size - at);
      g_autofree char *copy = g_memdup2 (data + at, length);

      if (!loft_json_scanner_feed (scanner, copy, length, error))
        return FALSE;
    }

  return TRUE;
}

static Outcome
scan (const guint8 *data, gsize size, gsize piece, gboolean divert)
{
  g_autoptr (LoftJsonScanner) scanner = loft_json_scanner_new (LIMIT);
  g_autoptr (JsonNode) node = NULL;
  Outcome outcome = { NULL, NULL, g_string_new (NULL) };

  if (divert)
    loft_json_scanner_divert (scanner, "tarball", take_cb, outcome.taken);
  if (feed (scanner, data, size, piece, &outcome.error))
    node = loft_json_scanner_finish (scanner, &outcome.error);
  g_assert_true ((node != NULL) == (outcome.error == NULL));
  if (node != NULL)
    outcome.json = loft_json_to_bytes (node);

  return outcome;
}

/* What was found to be JSON is, to any reader. A text that was refused has a
 * reason that can be shown, and is never our own failure. */
static void
check_outcome (const Outcome *outcome, const guint8 *data, gsize size)
{
  if (outcome->error != NULL)
    {
      g_assert_true (outcome->error->domain == LOFT_REGISTRY_ERROR);
      g_assert_true (outcome->error->code == LOFT_REGISTRY_ERROR_MALFORMED ||
                     outcome->error->code == LOFT_REGISTRY_ERROR_TOO_LARGE);
      g_assert_true (g_utf8_validate (outcome->error->message, -1, NULL));
      return;
    }

  g_assert_true (g_utf8_validate ((const char *) data, (gssize) size, NULL));
  g_assert_true (
    g_utf8_validate (outcome->taken->str, (gssize) outcome->taken->len, NULL));

  /* What we write, we read, and write the same. */
  gsize length = 0;
  const char *text = g_bytes_get_data (outcome->json, &length);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) again = loft_json_parse (text, length, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) rewritten = loft_json_to_bytes (again);
  g_assert_true (g_bytes_equal (rewritten, outcome->json));
}

static void
check_same (const Outcome *one, const Outcome *other)
{
  g_assert_true ((one->error == NULL) == (other->error == NULL));
  if (one->error != NULL)
    {
      g_assert_cmpint (one->error->code, ==, other->error->code);
      g_assert_cmpstr (one->error->message, ==, other->error->message);
      return;
    }

  g_assert_true (g_bytes_equal (one->json, other->json));
  g_assert_true (g_string_equal (one->taken, other->taken));
}

/* A text that was let through with its tarball kept out of it has the tarball's
 * text where it was. */
static void
check_diverted (const Outcome *kept, const Outcome *diverted)
{
  if (diverted->error != NULL || kept->error != NULL)
    return;

  g_autoptr (JsonNode) node =
    loft_json_parse (g_bytes_get_data (kept->json, NULL),
                     g_bytes_get_size (kept->json),
                     NULL);
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      g_assert_cmpuint (diverted->taken->len, ==, 0);
      return;
    }

  const char *tarball =
    loft_json_get_string (json_node_get_object (node), "tarball");
  g_assert_cmpstr (tarball != NULL ? tarball : "", ==, diverted->taken->str);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_auto (Outcome) whole = scan (data, size, MAX (size, 1), FALSE);
  g_auto (Outcome) bytewise = scan (data, size, 1, FALSE);
  g_auto (Outcome) diverted = scan (data, size, MAX (size, 1), TRUE);
  g_auto (Outcome) pieces = scan (data, size, 3, TRUE);

  check_outcome (&whole, data, size);
  check_outcome (&diverted, data, size);
  check_same (&whole, &bytewise);
  check_same (&diverted, &pieces);
  check_diverted (&whole, &diverted);

  return 0;
}
