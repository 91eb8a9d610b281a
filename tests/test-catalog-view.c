/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/catalog-kit.h"
#include "registry/loft-registry-error.h"

#define N_PACKAGES 5
#define N_EVENTS 80
#define HOUR G_TIME_SPAN_HOUR

static const char *const versions[] = {
  "0.1.0", "0.2.0-rc.1", "0.2.0", "1.0.0-alpha", "1.0.0", "1.2.0", "10.0.0",
};

static char *
make_name (guint package)
{
  return g_strdup_printf ("package-%u", package);
}

static void
append_answer (GString *dump, GBytes *answer, const GError *error)
{
  if (answer != NULL)
    g_string_append_len (dump,
                         g_bytes_get_data (answer, NULL),
                         (gssize) g_bytes_get_size (answer));
  else
    g_string_append_printf (dump, "error %d", error->code);
  g_string_append_c (dump, '\n');
}

/* A view need not tell a package that was not there yet from a version. */
static void
append_version (GString *dump, LoftCatalogVersion *version)
{
  g_autoptr (LoftCatalogVersion) owned = version;

  if (owned != NULL)
    g_string_append_printf (dump, "%s %s\n", owned->archive, owned->element);
  else
    g_string_append (dump, "none\n");
}

static void
append_package (GString *dump,
                LoftCatalog *catalog,
                const LoftView *view,
                const char *name)
{
  LoftValidity validity = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) list =
    view != NULL
      ? loft_catalog_view_versions (catalog, view, name, &validity, &error)
      : loft_catalog_list_versions (catalog, name, &error);

  append_answer (dump, list, error);
  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++)
    append_version (
      dump,
      view != NULL
        ? loft_catalog_view_version (catalog,
                                     view,
                                     name,
                                     versions[i],
                                     &validity,
                                     NULL)
        : loft_catalog_get_version (catalog, name, versions[i], NULL));
}

/* All pages of dependents of @name, or of packages if it is %NULL. */
static void
append_pages (GString *dump,
              LoftCatalog *catalog,
              const LoftView *view,
              const char *name)
{
  LoftValidity validity = { 0 };
  g_autofree char *after = NULL;

  do
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) page = NULL;
      char *next = NULL;

      if (view != NULL && name != NULL)
        page = loft_catalog_view_dependents (catalog,
                                             view,
                                             name,
                                             after,
                                             2,
                                             &next,
                                             &validity,
                                             &error);
      else if (view != NULL)
        page = loft_catalog_view_page (catalog,
                                       view,
                                       after,
                                       2,
                                       &next,
                                       &validity,
                                       &error);
      else if (name != NULL)
        page =
          loft_catalog_list_dependents (catalog, name, after, 2, &next, &error);
      else
        page = loft_catalog_search (catalog,
                                    NULL,
                                    LOFT_SORT_NAME,
                                    after,
                                    2,
                                    &next,
                                    &error);
      append_answer (dump, page, error);
      g_free (after);
      after = next;
    }
  while (after != NULL);
}

static guint64
count (LoftCatalog *catalog, const LoftView *view)
{
  g_autoptr (GError) error = NULL;
  LoftValidity validity = { 0 };
  guint64 packages = 0;

  if (view != NULL)
    loft_catalog_view_count (catalog, view, &packages, &validity, &error);
  else
    loft_catalog_count (catalog, &packages, NULL, &error);
  g_assert_no_error (error);

  return packages;
}

/* All that is answered about packages, plain or under a view. */
static char *
dump (LoftCatalog *catalog, const LoftView *view)
{
  g_autoptr (GString) text = g_string_new (NULL);
  LoftValidity validity = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *digest = NULL;
  g_autoptr (GBytes) list =
    view != NULL
      ? loft_catalog_view_packages (catalog, view, &digest, &validity, &error)
      : loft_catalog_list_packages (catalog, &digest, &error);

  append_answer (text, list, error);
  append_pages (text, catalog, view, NULL);
  for (guint i = 0; i < N_PACKAGES; i++)
    {
      g_autofree char *name = make_name (i);

      append_package (text, catalog, view, name);
      append_pages (text, catalog, view, name);
    }
  g_string_append_printf (text,
                          "%s %" G_GUINT64_FORMAT "\n",
                          digest,
                          count (catalog, view));

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static const char *
pick_version (GRand *rand)
{
  return versions[g_rand_int_range (rand, 0, G_N_ELEMENTS (versions))];
}

static LoftEvent *
make_publish (GRand *rand, const char *name)
{
  const char *version = pick_version (rand);
  LoftDocument *document = kit_document (name, version);
  g_autofree char *first =
    make_name ((guint) (version[0] + name[strlen (name) - 1]) % N_PACKAGES);
  g_autofree char *second = make_name ((guint) version[2] % N_PACKAGES);

  kit_depend (document, first, version);
  kit_depend (document, second, version);

  return loft_event_new_for_document (document);
}

/* A state that keeps some of what the one before said. */
static LoftEvent *
make_change (GRand *rand, const char *name, LoftState *state)
{
  const char *version = pick_version (rand);

  state->revision++;
  state->changed_at = 1;
  switch (g_rand_int_range (rand, 0, 4))
    {
    case 0:
      loft_state_add_owner (state, version, "secret");
      break;
    case 1:
      g_hash_table_remove (state->yanked, version);
      break;
    case 2:
      g_free (state->deprecated);
      state->deprecated =
        g_rand_boolean (rand) ? g_strdup_printf ("Use %s", version) : NULL;
      break;
    default:
      g_hash_table_insert (state->yanked, g_strdup (version), g_strdup (""));
      break;
    }

  return loft_event_new_for_state (name, state);
}

/* Events, each an hour after the one before, the last one half an hour ago.
 * Now and then one tells again of what another has told already. */
static GPtrArray *
make_history (guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  GPtrArray *history =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  LoftState *states[N_PACKAGES] = { NULL };
  gint64 now = g_get_real_time ();

  for (guint i = 0; i < N_PACKAGES; i++)
    states[i] = loft_state_new ();
  for (guint seq = 1; seq <= N_EVENTS; seq++)
    {
      guint package = (guint) g_rand_int_range (rand, 0, N_PACKAGES);
      g_autofree char *name = make_name (package);
      int what = g_rand_int_range (rand, 0, 10);
      LoftEvent *event = NULL;

      if (what == 0 && states[package]->revision > 0)
        event = loft_event_new_for_state (name, states[package]);
      else if (what < 5)
        event = make_change (rand, name, states[package]);
      else
        event = make_publish (rand, name);
      loft_event_seal (event, seq, now - (N_EVENTS - seq) * HOUR - HOUR / 2);
      g_ptr_array_add (history, event);
    }
  for (guint i = 0; i < N_PACKAGES; i++)
    loft_state_free (states[i]);

  return history;
}

static void
check_at (LoftCatalog *catalog,
          GPtrArray *history,
          GPtrArray *answers,
          guint newest)
{
  for (guint seq = 0; seq <= newest; seq++)
    {
      LoftView at = { LOFT_VIEW_AT_EVENT, seq };
      g_autofree char *answer = dump (catalog, &at);
      g_assert_cmpstr (answer, ==, answers->pdata[seq]);
      if (seq % 8 != newest % 8 || seq == 0)
        continue;

      const LoftEvent *event = history->pdata[seq - 1];
      LoftView then = { LOFT_VIEW_AT_TIME, event->time };
      LoftView later = { LOFT_VIEW_AT_TIME, event->time + HOUR - 1 };
      g_autofree char *first = dump (catalog, &then);
      g_assert_cmpstr (first, ==, answer);
      if (later.value > g_get_real_time ())
        continue;

      g_autofree char *last = dump (catalog, &later);
      g_assert_cmpstr (last, ==, answer);
    }
}

/* Whatever happens later, a view of an event or of a time answers what was
 * answered without a view when that event was the last one. */
static void
test_at (void)
{
  for (guint32 seed = 1; seed <= 3; seed++)
    {
      Kit kit = { NULL };
      g_autoptr (GPtrArray) history = make_history (seed);
      g_autoptr (GPtrArray) answers = g_ptr_array_new_with_free_func (g_free);

      g_test_message ("seed %u", seed);
      kit_setup (&kit, NULL);
      g_ptr_array_add (answers, dump (kit.catalog, NULL));
      for (guint i = 0; i < history->len; i++)
        {
          kit_apply (kit.catalog, loft_event_ref (history->pdata[i]));
          g_ptr_array_add (answers, dump (kit.catalog, NULL));
          if (i == N_EVENTS / 3)
            check_at (kit.catalog, history, answers, i + 1);
        }
      check_at (kit.catalog, history, answers, history->len);
      kit_teardown (&kit, NULL);
    }
}

/* Applies a history in pieces, after many of its documents were found. */
static void
rebuild (LoftCatalog *catalog, GPtrArray *history, GRand *rand)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < history->len; i++)
    {
      const LoftEvent *event =
        history->pdata[g_rand_int_range (rand, 0, (gint32) history->len)];

      if (event->document != NULL)
        loft_catalog_apply_unlogged (catalog, event->document, NULL, &error);
      g_assert_no_error (error);
    }
  for (guint i = 0; i < history->len;)
    {
      g_autoptr (GPtrArray) events = g_ptr_array_new ();

      for (int n = g_rand_int_range (rand, 1, 20); n > 0 && i < history->len;
           n--)
        g_ptr_array_add (events, history->pdata[i++]);
      loft_catalog_apply (catalog, events, &error);
      g_assert_no_error (error);
    }
}

/* A catalog that is built anew shows the same past as one that has seen it. */
static void
test_rebuilt (void)
{
  for (guint32 seed = 1; seed <= 3; seed++)
    {
      Kit grown = { NULL };
      Kit rebuilt = { NULL };
      g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
      g_autoptr (GPtrArray) history = make_history (seed);

      g_test_message ("seed %u", seed);
      kit_setup (&grown, NULL);
      kit_setup (&rebuilt, NULL);
      for (guint i = 0; i < history->len; i++)
        kit_apply (grown.catalog, loft_event_ref (history->pdata[i]));
      rebuild (rebuilt.catalog, history, rand);
      for (guint i = seed; i <= history->len; i += 5)
        {
          LoftView at = { LOFT_VIEW_AT_EVENT, i };
          LoftView age = { LOFT_VIEW_MIN_AGE, (i + 1) * HOUR };
          g_autofree char *past = dump (grown.catalog, &at);
          g_autofree char *old = dump (grown.catalog, &age);
          g_autofree char *same_past = dump (rebuilt.catalog, &at);
          g_autofree char *same_old = dump (rebuilt.catalog, &age);

          g_assert_cmpstr (same_past, ==, past);
          g_assert_cmpstr (same_old, ==, old);
        }
      kit_teardown (&grown, NULL);
      kit_teardown (&rebuilt, NULL);
    }
}

/* What a registry would answer that had been told of versions only up to a
 * time, but of all changes. */
static char *
dump_old (GPtrArray *history, gint64 until)
{
  Kit kit = { NULL };
  guint64 seq = 0;

  kit_setup (&kit, NULL);
  for (guint i = 0; i < history->len; i++)
    {
      g_autoptr (LoftEvent) event =
        loft_event_ref (((LoftEvent *) history->pdata[i]));
      g_autoptr (GError) error = NULL;
      g_autoptr (LoftEvent) copy =
        loft_event_parse (event->text, strlen (event->text), &error);

      g_assert_no_error (error);
      if (event->document != NULL && event->time > until)
        continue;
      if (event->document != NULL)
        copy->document = kit_document_copy (event->document);
      loft_event_seal (copy, ++seq, event->time);
      kit_apply (kit.catalog, g_steal_pointer (&copy));
    }

  char *answer = dump (kit.catalog, NULL);
  kit_teardown (&kit, NULL);

  return answer;
}

/* A view of an age answers what is answered without it, but for versions that
 * are younger. */
static void
test_min_age (void)
{
  for (guint32 seed = 1; seed <= 3; seed++)
    {
      Kit kit = { NULL };
      g_autoptr (GPtrArray) history = make_history (seed);

      g_test_message ("seed %u", seed);
      kit_setup (&kit, NULL);
      for (guint i = 0; i < history->len; i++)
        kit_apply (kit.catalog, loft_event_ref (history->pdata[i]));
      for (guint hours = seed; hours <= N_EVENTS + 1; hours += 12)
        {
          LoftView view = { LOFT_VIEW_MIN_AGE, hours * HOUR };
          g_autofree char *answer = dump (kit.catalog, &view);
          g_autofree char *expected =
            dump_old (history, g_get_real_time () - view.value);

          g_assert_cmpstr (answer, ==, expected);
        }
      kit_teardown (&kit, NULL);
    }
}

static LoftValidity
ask (LoftCatalog *catalog,
     LoftViewKind kind,
     gint64 value,
     const char *expected)
{
  g_autoptr (GError) error = NULL;
  LoftView view = { kind, value };
  LoftValidity validity = { 0 };
  g_autoptr (GBytes) list =
    loft_catalog_view_versions (catalog, &view, "hello", &validity, &error);

  g_assert_no_error (error);
  g_autofree char *found = kit_members (list, "version");
  g_assert_cmpstr (found, ==, expected);

  return validity;
}

static void
refuse (LoftCatalog *catalog, LoftViewKind kind, gint64 value, int code)
{
  g_autoptr (GError) error = NULL;
  LoftView view = { kind, value };
  LoftValidity validity = { 0 };
  g_autoptr (GBytes) list =
    loft_catalog_view_versions (catalog, &view, "hello", &validity, &error);

  g_assert_null (list);
  g_assert_error (error, LOFT_REGISTRY_ERROR, code);
}

static void
apply_at (LoftCatalog *catalog, LoftDocument *document, gint64 time)
{
  LoftEvent *event = loft_event_new_for_document (document);

  loft_event_seal (event, loft_catalog_get_sequence (catalog) + 1, time);
  kit_apply (catalog, event);
}

/* A view is settled once a later event exists; there is none of the future. */
static void
test_settled (Kit *kit, gconstpointer test_data)
{
  gint64 now = g_get_real_time ();

  refuse (kit->catalog,
          LOFT_VIEW_AT_EVENT,
          0,
          LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE);
  refuse (kit->catalog, LOFT_VIEW_AT_EVENT, 1, LOFT_REGISTRY_ERROR_NOT_FOUND);
  apply_at (kit->catalog, kit_document ("hello", "1.0.0"), now - 5 * HOUR);
  apply_at (kit->catalog, kit_document ("hello", "1.1.0"), now - 3 * HOUR);

  LoftCatalog *catalog = kit->catalog;
  g_assert_true (ask (catalog, LOFT_VIEW_AT_EVENT, 1, "1.0.0").settled);
  g_assert_true (ask (catalog, LOFT_VIEW_AT_EVENT, 2, "1.0.0 1.1.0").settled);
  g_assert_true (
    ask (catalog, LOFT_VIEW_AT_TIME, now - 4 * HOUR, "1.0.0").settled);
  g_assert_false (
    ask (catalog, LOFT_VIEW_AT_TIME, now - HOUR, "1.0.0 1.1.0").settled);
  refuse (catalog, LOFT_VIEW_AT_EVENT, 3, LOFT_REGISTRY_ERROR_NOT_FOUND);
  refuse (catalog,
          LOFT_VIEW_AT_TIME,
          now + HOUR,
          LOFT_REGISTRY_ERROR_NOT_FOUND);
  refuse (catalog,
          LOFT_VIEW_AT_TIME,
          now - 6 * HOUR,
          LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE);

  apply_at (catalog, kit_document ("other", "1.0.0"), now);
  g_assert_true (
    ask (catalog, LOFT_VIEW_AT_TIME, now - HOUR, "1.0.0 1.1.0").settled);
}

/* An answer of an age tells when the next version comes of it. */
static void
test_until (Kit *kit, gconstpointer test_data)
{
  gint64 now = g_get_real_time ();
  LoftCatalog *catalog = kit->catalog;

  apply_at (catalog, kit_document ("hello", "1.0.0"), now - 5 * HOUR);
  apply_at (catalog, kit_document ("hello", "1.1.0"), now - 3 * HOUR);
  apply_at (catalog, kit_document ("hello", "0.9.0"), now - HOUR);

  LoftValidity validity = ask (catalog, LOFT_VIEW_MIN_AGE, 4 * HOUR, "1.0.0");
  g_assert_false (validity.settled);
  g_assert_cmpint (validity.until, ==, now + HOUR);
  validity = ask (catalog, LOFT_VIEW_MIN_AGE, 2 * HOUR, "1.0.0 1.1.0");
  g_assert_cmpint (validity.until, ==, now + HOUR);
  validity = ask (catalog, LOFT_VIEW_MIN_AGE, HOUR, "0.9.0 1.0.0 1.1.0");
  g_assert_false (validity.settled);
  g_assert_cmpint (validity.until, ==, 0);
  refuse (catalog,
          LOFT_VIEW_MIN_AGE,
          6 * HOUR,
          LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE);
}

/* What was adopted has been there always, and is as old as its document says;
 * its event only tells when it was found. */
static void
test_adopted (Kit *kit, gconstpointer test_data)
{
  gint64 now = g_get_real_time ();
  LoftCatalog *catalog = kit->catalog;
  LoftDocument *adopted = kit_document ("hello", "0.5.0");

  apply_at (catalog, kit_document ("hello", "1.0.0"), now - 5 * HOUR);
  adopted->adopted = TRUE;
  adopted->published_at = now - 9 * HOUR;
  apply_at (catalog, adopted, now - HOUR);

  ask (catalog, LOFT_VIEW_AT_EVENT, 0, "0.5.0");
  ask (catalog, LOFT_VIEW_AT_EVENT, 1, "0.5.0 1.0.0");
  ask (catalog, LOFT_VIEW_AT_TIME, 0, "0.5.0");
  ask (catalog, LOFT_VIEW_MIN_AGE, 8 * HOUR, "0.5.0");
  ask (catalog, LOFT_VIEW_MIN_AGE, 2 * HOUR, "0.5.0 1.0.0");
  refuse (catalog,
          LOFT_VIEW_MIN_AGE,
          10 * HOUR,
          LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE);
}

/* A version that no event has told of is in no view of the past; once one tells
 * of it, or has told while the document was missing, it counts from there. */
static void
test_late (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  gint64 now = g_get_real_time ();
  LoftCatalog *catalog = kit->catalog;
  g_autoptr (LoftDocument) found = kit_document ("hello", "1.1.0");
  LoftDocument *missing = kit_document ("hello", "1.2.0");
  LoftEvent *event = loft_event_new_for_document (missing);

  apply_at (catalog, kit_document ("hello", "1.0.0"), now - 5 * HOUR);
  loft_catalog_apply_unlogged (catalog, found, NULL, &error);
  g_assert_no_error (error);
  ask (catalog, LOFT_VIEW_AT_EVENT, 1, "1.0.0");

  g_autoptr (LoftDocument) repaired = g_steal_pointer (&event->document);
  loft_event_seal (event, 2, now - 4 * HOUR);
  kit_apply (catalog, event);
  apply_at (catalog, kit_document ("hello", "1.1.0"), now - 3 * HOUR);
  ask (catalog, LOFT_VIEW_AT_EVENT, 2, "1.0.0");
  ask (catalog, LOFT_VIEW_AT_EVENT, 3, "1.0.0 1.1.0");

  loft_catalog_apply_unlogged (catalog, repaired, NULL, &error);
  g_assert_no_error (error);
  ask (catalog, LOFT_VIEW_AT_EVENT, 1, "1.0.0");
  ask (catalog, LOFT_VIEW_AT_EVENT, 2, "1.0.0 1.2.0");
  ask (catalog, LOFT_VIEW_AT_EVENT, 3, "1.0.0 1.1.0 1.2.0");
}

/* A page ends where too many packages were looked at that came later, and the
 * next one goes on there. */
static void
test_long_ago (Kit *kit, gconstpointer test_data)
{
  LoftView view = { LOFT_VIEW_AT_EVENT, 1 };
  LoftValidity validity = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  g_autofree char *next = NULL;
  g_autofree char *last = NULL;

  for (guint seq = 1; seq <= 5002; seq++)
    {
      g_autofree char *name =
        seq == 1 ? g_strdup ("zoo") : g_strdup_printf ("hello-%u", seq);

      g_ptr_array_add (events, kit_event (kit_document (name, "1.0.0"), seq));
    }
  loft_catalog_apply (kit->catalog, events, &error);
  g_assert_no_error (error);

  g_autoptr (GBytes) first = loft_catalog_view_page (kit->catalog,
                                                     &view,
                                                     NULL,
                                                     10,
                                                     &next,
                                                     &validity,
                                                     &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) second = loft_catalog_view_page (kit->catalog,
                                                      &view,
                                                      next,
                                                      10,
                                                      &last,
                                                      &validity,
                                                      &error);
  g_assert_no_error (error);
  g_autofree char *none = kit_members (first, "name");
  g_autofree char *zoo = kit_members (second, "name");
  g_assert_cmpstr (none, ==, "");
  g_assert_nonnull (next);
  g_assert_cmpstr (zoo, ==, "zoo");
  g_assert_null (last);
}

/* Few versions are listed at once, many are not. */
static void
test_few (Kit *kit, gconstpointer test_data)
{
  LoftView view = { LOFT_VIEW_AT_EVENT, 1 };
  LoftValidity validity = { 0 };

  for (guint i = 0; i <= 200; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.%u.0", i);
      g_autoptr (GError) error = NULL;

      kit_publish (kit->catalog, "hello", version);
      g_autoptr (GBytes) few = loft_catalog_view_few_versions (kit->catalog,
                                                               &view,
                                                               "hello",
                                                               &validity,
                                                               &error);
      if (i < 200)
        {
          g_autofree char *members = kit_members (few, "version");

          g_assert_cmpstr (members, ==, "1.0.0");
        }
      else
        g_assert_error (error,
                        LOFT_REGISTRY_ERROR,
                        LOFT_REGISTRY_ERROR_NOT_READY);
    }
  ask (kit->catalog, LOFT_VIEW_AT_EVENT, 1, "1.0.0");
}

/* So is a state that says little; one that says very much is not. */
static void
test_long_state (Kit *kit, gconstpointer test_data)
{
  LoftView view = { LOFT_VIEW_AT_EVENT, 2 };
  LoftValidity validity = { 0 };
  g_autoptr (GError) error = NULL;
  LoftState *state = kit_state (1, "ann", NULL);

  g_hash_table_insert (state->yanked,
                       g_strdup ("2.0.0"),
                       g_strnfill (70000, 'x'));
  kit_publish (kit->catalog, "hello", "1.0.0");
  kit_change (kit->catalog, "hello", state);
  kit_change (kit->catalog, "hello", kit_state (2, "ann", NULL));

  g_autoptr (GBytes) few = loft_catalog_view_few_versions (kit->catalog,
                                                           &view,
                                                           "hello",
                                                           &validity,
                                                           &error);
  g_assert_null (few);
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NOT_READY);
  ask (kit->catalog, LOFT_VIEW_AT_EVENT, 2, "1.0.0");
}

#define ADD(name, func)                                                        \
  g_test_add ("/catalog-view/" name, Kit, NULL, kit_setup, func, kit_teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/catalog-view/at", test_at);
  g_test_add_func ("/catalog-view/rebuilt", test_rebuilt);
  g_test_add_func ("/catalog-view/min-age", test_min_age);
  ADD ("settled", test_settled);
  ADD ("until", test_until);
  ADD ("adopted", test_adopted);
  ADD ("late", test_late);
  ADD ("few", test_few);
  ADD ("long-state", test_long_state);
  ADD ("long-ago", test_long_ago);

  return g_test_run ();
}
