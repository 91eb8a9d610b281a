/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-html-read.h"

#include "http/loft-diff-read.h"
#include "http/loft-hot.h"
#include "http/loft-link.h"
#include "http/loft-read.h"
#include "http/loft-response.h"
#include "registry/loft-description.h"
#include "registry/loft-json.h"
#include "registry/loft-previous.h"

/*
 * Pages, of what the registry answers to those who want JSON. They are made in
 * a thread, since reading a long list once more takes its time.
 */

/* What is shown of a package's dependents beside the package. */
#define DEPENDENTS_MAX 15

/* For how many of the intervals in which downloads are counted a page may be
 * given again. */
#define DOWNLOADS_AGE 5

/* What is shown of the newest packages at the beginning. */
#define NEWEST_MAX 8

typedef struct _Page Page;
typedef LoftHtml *(*RenderFunc) (const Page *page);

struct _Page
{
  LoftRequest *request; /* owned; not looked at by the thread */
  RenderFunc render;
  LoftPagesPlace *place;        /* owned */
  JsonNode *elements;           /* owned, nullable */
  JsonNode *depended_on;        /* owned, nullable */
  LoftDescription *description; /* owned, nullable */
  char *name;                   /* owned, nullable */
  char *query;                  /* owned, nullable */
  char *sort;                   /* owned, nullable */
  char *next;                   /* owned, nullable */
  guint64 n_packages;
  guint64 n_versions;
  gboolean is_first;
  gboolean is_named;
  gboolean all_versions;
  LoftPagesVersions versions;
  gboolean is_own;
  gboolean is_partial;
  gboolean has_validity;
  LoftValidity validity;
};

static Page *
page_new (LoftRequest *request, RenderFunc render)
{
  Page *page = g_new0 (Page, 1);

  page->request = g_object_ref (request);
  page->render = render;
  page->place = loft_html_new_place (request);

  return page;
}

static void
page_free (Page *page)
{
  g_object_unref (page->request);
  loft_html_free_place (page->place);
  g_clear_pointer (&page->elements, json_node_unref);
  g_clear_pointer (&page->depended_on, json_node_unref);
  g_clear_pointer (&page->description, loft_description_free);
  loft_pages_versions_clear (&page->versions);
  g_free (page->name);
  g_free (page->query);
  g_free (page->sort);
  g_free (page->next);
  g_free (page);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Page, page_free)

static LoftHtml *
render_page (gconstpointer facts)
{
  const Page *page = facts;

  return page->render (page);
}

static void
send_page (LoftRequest *request, LoftHtml *html, gconstpointer facts)
{
  const Page *page = facts;

  if (page->is_own)
    loft_html_send_own (request, html);
  else if (page->is_partial)
    loft_html_send_partial (request, html);
  else
    loft_html_send (request, html, page->has_validity ? &page->validity : NULL);
}

/* Takes the page. */
static void
render_later (Page *page)
{
  loft_html_render (page->request,
                    render_page,
                    send_page,
                    page,
                    (GDestroyNotify) page_free);
}

static gboolean
take_elements (Page *page, GBytes *body, const char *next, GError **error)
{
  gsize length = 0;
  const char *text = body != NULL ? g_bytes_get_data (body, &length) : NULL;

  if (text == NULL || !loft_request_is_alive (page->request))
    return FALSE;
  page->elements = loft_json_parse (text, length, error);
  if (next != NULL)
    {
      page->next = loft_link_format_next (page->request, "after", next);
      loft_link_add_next (page->request, "after", next);
    }

  return page->elements != NULL;
}

static void
take_validity (Page *page, const LoftValidity *validity)
{
  page->has_validity = TRUE;
  page->validity = *validity;
}

/* Takes the page, and gives it on if it has what it shows. */
static void
finish_elements (Page *page, GBytes *body, const char *next, GError *error)
{
  g_autoptr (Page) owned = page;
  g_autoptr (GError) local_error = error;

  if (local_error == NULL && take_elements (owned, body, next, &local_error))
    render_later (g_steal_pointer (&owned));
  else if (local_error != NULL)
    loft_response_send_problem (owned->request, local_error);
}

/* What a view shows, of whatever kind. */
static void
view_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Page *page = user_data;
  GError *local_error = NULL;
  g_autoptr (LoftViewAnswer) answer =
    loft_registry_view_finish (LOFT_REGISTRY (source_object),
                               result,
                               &local_error);

  if (answer != NULL)
    take_validity (page, &answer->validity);
  finish_elements (page,
                   answer != NULL ? answer->body : NULL,
                   answer != NULL ? answer->next : NULL,
                   local_error);
}

static void
search_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  GError *local_error = NULL;
  g_autofree char *next = NULL;
  g_autoptr (GBytes) body =
    loft_registry_search_finish (LOFT_REGISTRY (source_object),
                                 result,
                                 &next,
                                 &local_error);

  finish_elements (user_data, body, next, local_error);
}

static LoftHtml *
render_home (const Page *page)
{
  const LoftPagesHome home = {
    .url = page->name,
    .n_packages = page->n_packages,
    .n_versions = page->n_versions,
    .newest = page->elements,
    .depended_on = page->depended_on,
  };

  return loft_pages_render_home (page->place, &home);
}

/* Those that others depend on are found first, then the newest. */
static void
home_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Page *page = user_data;
  LoftRegistry *registry = LOFT_REGISTRY (source_object);
  GError *local_error = NULL;
  g_autoptr (GBytes) body =
    loft_registry_search_finish (registry, result, NULL, &local_error);

  if (body == NULL || page->depended_on != NULL ||
      !take_elements (page, body, NULL, &local_error))
    {
      finish_elements (page, body, NULL, local_error);
      return;
    }
  page->depended_on = g_steal_pointer (&page->elements);
  loft_registry_search_async (registry,
                              NULL,
                              LOFT_SORT_UPDATED,
                              NULL,
                              NEWEST_MAX,
                              loft_request_get_cancellable (page->request),
                              home_cb,
                              page);
}

static void
count_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Page) page = user_data;
  g_autoptr (GError) local_error = NULL;

  page->has_validity = TRUE;
  if (loft_registry_view_count_finish (LOFT_REGISTRY (source_object),
                                       result,
                                       &page->n_packages,
                                       &page->validity,
                                       &local_error))
    render_later (g_steal_pointer (&page));
  else
    loft_response_send_problem (page->request, local_error);
}

/**
 * loft_html_handle_root:
 * @request: a request for the registry itself
 *
 * Answers with the page that people begin with.
 */
void
loft_html_handle_root (LoftRequest *request)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  LoftRegistry *registry = loft_request_get_registry (request);
  GCancellable *cancellable = loft_request_get_cancellable (request);
  const LoftView *view = loft_request_get_view (request);
  LoftRegistryStatus status = { 0 };
  Page *page = page_new (request, render_home);

  page->name = loft_html_format_url (request, &page->is_own);
  if (!page->is_own)
    loft_hot_mark (request, NULL);
  loft_request_pause (request);
  if (view != NULL)
    {
      loft_registry_view_count_async (registry,
                                      view,
                                      cancellable,
                                      count_cb,
                                      page);
      return;
    }

  loft_registry_get_status (registry, &status);
  page->n_packages = status.packages;
  page->n_versions = status.versions;
  loft_registry_search_async (registry,
                              NULL,
                              LOFT_SORT_DEPENDED_ON,
                              NULL,
                              NEWEST_MAX,
                              cancellable,
                              home_cb,
                              page);
}

static LoftHtml *
render_list (const Page *page)
{
  const LoftPagesList list = {
    .elements = page->elements,
    .query = page->query,
    .sort = page->sort,
    .is_first = page->is_first,
    .next = page->next,
  };

  return loft_pages_render_list (page->place, &list);
}

/**
 * loft_html_handle_packages:
 * @request: a request for packages, whose parameters make sense
 * @sort: the order
 * @limit: packages at most
 *
 * Answers with a page of them. Without parameters too: nobody reads a list of
 * all.
 */
void
loft_html_handle_packages (LoftRequest *request, LoftSort sort, guint limit)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  LoftRegistry *registry = loft_request_get_registry (request);
  GCancellable *cancellable = loft_request_get_cancellable (request);
  const LoftView *view = loft_request_get_view (request);
  const char *after = loft_request_get_query (request, "after");
  Page *page = page_new (request, render_list);

  page->query = g_strdup (loft_request_get_query (request, "q"));
  page->sort = g_strdup (loft_request_get_query (request, "sort"));
  page->is_first = after == NULL;
  if (page->query == NULL || *page->query == '\0')
    loft_hot_mark (request, NULL);
  loft_request_pause (request);
  if (view != NULL)
    loft_registry_view_page_async (registry,
                                   view,
                                   after,
                                   limit,
                                   cancellable,
                                   view_cb,
                                   page);
  else
    loft_registry_search_async (registry,
                                page->query,
                                sort,
                                after,
                                limit,
                                cancellable,
                                search_cb,
                                page);
}

static void
dependents_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  GError *local_error = NULL;
  g_autofree char *next = NULL;
  g_autoptr (GBytes) body =
    loft_registry_list_dependents_finish (LOFT_REGISTRY (source_object),
                                          result,
                                          &next,
                                          &local_error);

  finish_elements (user_data, body, next, local_error);
}

static LoftHtml *
render_dependents (const Page *page)
{
  return loft_pages_render_dependents (page->place,
                                       page->name,
                                       page->elements,
                                       page->is_first,
                                       page->next);
}

/**
 * loft_html_handle_dependents:
 * @request: a request for a package's dependents, whose parameters make sense
 * @limit: dependents at most
 *
 * Answers with a page of them.
 */
void
loft_html_handle_dependents (LoftRequest *request, guint limit)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  LoftRegistry *registry = loft_request_get_registry (request);
  GCancellable *cancellable = loft_request_get_cancellable (request);
  const LoftView *view = loft_request_get_view (request);
  const char *after = loft_request_get_query (request, "after");
  Page *page = page_new (request, render_dependents);

  page->name = g_strdup (loft_request_get_parameter (request, "name"));
  page->is_first = after == NULL;
  loft_hot_mark (request, NULL);
  loft_request_pause (request);
  if (view != NULL)
    loft_registry_view_dependents_async (registry,
                                         view,
                                         page->name,
                                         after,
                                         limit,
                                         cancellable,
                                         view_cb,
                                         page);
  else
    loft_registry_list_dependents_async (registry,
                                         page->name,
                                         after,
                                         limit,
                                         cancellable,
                                         dependents_cb,
                                         page);
}

/* With every download the page would be another. So the numbers on it may be a
 * bit older than those that are known. */
static void
limit_age (LoftRequest *request)
{
  guint interval;

  loft_registry_counts_downloads (loft_request_get_registry (request),
                                  &interval);
  loft_hot_limit (request,
                  g_get_real_time () +
                    DOWNLOADS_AGE * interval * G_TIME_SPAN_SECOND);
}

/* A page begins behind a version and not at a number, so that it stays the same
 * while others are published. That version may be gone: views lose some. */
static void
find_versions (Page *page)
{
  JsonNode *versions = page->description->versions;
  JsonArray *array = json_node_get_array (versions);
  const char *after = loft_request_get_query (page->request, "after");
  guint begin = after != NULL ? json_array_get_length (array) -
                                  loft_previous_count (array, after)
                              : 0;

  loft_pages_find_versions (versions, begin, &page->versions);
  loft_link_add_around (page->request,
                        page->versions.newer,
                        page->versions.older);
}

static void
describe_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Page) page = user_data;
  g_autoptr (GError) local_error = NULL;

  page->description =
    loft_registry_describe_finish (LOFT_REGISTRY (source_object),
                                   result,
                                   &local_error);
  if (page->description == NULL)
    {
      loft_response_send_problem (page->request, local_error);
      return;
    }
  page->is_partial = page->description->is_partial;
  if (page->all_versions && loft_request_is_alive (page->request))
    find_versions (page);
  if (page->place->view != NULL)
    take_validity (page, &page->description->validity);
  if (page->description->downloads != NULL)
    limit_age (page->request);
  render_later (g_steal_pointer (&page));
}

static LoftHtml *
render_package (const Page *page)
{
  const LoftDescription *description = page->description;
  const LoftDownloads *downloads = description->downloads;
  const LoftDocs *docs = &description->docs;
  const LoftPagesPackage package = {
    .versions = description->versions,
    .previous = description->previous,
    .version = description->version,
    .dependents = description->dependents,
    .more_dependents = description->more_dependents,
    .readme = description->readme,
    .readme_path = description->readme_path,
    .yank_reason = description->yank_reason,
    .is_partial = description->is_partial,
    .docs = {
      .is_there = docs->generation != NULL,
      .is_waiting = docs->state == LOFT_DOCS_WAITING,
      .is_failed = docs->state == LOFT_DOCS_FAILED,
      .has_failed = docs->attempts > 0,
      .reason = docs->reason,
      .log = docs->log,
    },
    .days = downloads != NULL ? downloads->days : NULL,
    .n_days = LOFT_DOWNLOAD_DAYS,
    .downloads = downloads != NULL ? downloads->total : 0,
    .is_named = page->is_named,
    .all_versions = page->all_versions ? &page->versions : NULL,
  };

  return loft_pages_render_package (page->place, &package);
}

/**
 * loft_html_handle_package:
 * @request: a request for a package
 * @version: (nullable): one of its versions; %NULL for the newest
 *
 * Answers with the page of a package. It shows dependents too, so that it
 * changes with other packages.
 */
void
loft_html_handle_package (LoftRequest *request, const char *version)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  Page *page = page_new (request, render_package);

  page->is_named = version != NULL;
  page->all_versions =
    version == NULL &&
    (loft_request_get_endpoint (request) == &loft_read_diff_choice ||
     g_strcmp0 (loft_request_get_query (request, "versions"), "all") == 0);
  loft_hot_mark (request, NULL);
  loft_request_pause (request);
  loft_registry_describe_async (loft_request_get_registry (request),
                                loft_request_get_view (request),
                                loft_request_get_parameter (request, "name"),
                                version,
                                DEPENDENTS_MAX,
                                loft_request_get_cancellable (request),
                                describe_cb,
                                page);
}
