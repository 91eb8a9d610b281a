/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-log-entry.h"
#include "registry/loft-registry-private.h"
#include "registry/loft-version.h"

/* How a version comes to be.
 *
 * Everything that can be wrong is found before anything is stored. Then the
 * name is claimed, the tarball stored, and the document created exclusively:
 * that is the commit, and whoever creates it has won. What follows, the event
 * in the log and the catalog, can be made up for by anybody later, since it
 * follows from the document.
 *
 * That a version exists the catalog tells; what it does not know yet stops the
 * creation of the document, and whoever is stopped so answers by what stands
 * there, and takes his tarball away again if nothing can refer to it.
 *
 * So a crash leaves at most: a claimed name without versions, which its token
 * may use; a tarball without document, which the same bytes will use and
 * others will stand beside; a document without event, which the next scan or
 * the next publisher of that version tells of. */

/* Bounds of what a request may say about the package besides the manifest. */
#define FIELD_LENGTH_MAX 2000
#define AUTHORS_MAX 100

/* How often somebody else may be first before we give up. */
#define TRIES_MAX 32

typedef struct
{
  LoftRegistry *self;  /* not owned */
  LoftPublishJob *job; /* not owned */
  char *key;           /* owned */
  LoftCredential credential;
  LoftArchive *archive; /* owned */
  LoftState *state;     /* owned, NULL where there is no package.json */
  GStrv owners;         /* owned, public ids */
  LoftActor actor;      /* owned */
  char *archive_name;   /* owned, nullable: where it is not the plain one */
  gboolean stored;      /* the tarball was not there before */
} Publish;

static void
publish_clear (Publish *publish)
{
  g_free (publish->key);
  loft_credential_clear (&publish->credential);
  g_clear_pointer (&publish->archive, loft_archive_free);
  g_clear_pointer (&publish->state, loft_state_free);
  g_strfreev (publish->owners);
  loft_actor_clear (&publish->actor);
  g_free (publish->archive_name);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Publish, publish_clear)

static void
check_field (LoftFindings *findings, const char *field, const char *value)
{
  if (value != NULL && strlen (value) > FIELD_LENGTH_MAX)
    loft_findings_add (findings,
                       "field-length",
                       field,
                       "The field “%s” is longer than %d bytes",
                       field,
                       FIELD_LENGTH_MAX);
}

static void
check_fields (const LoftPublishRequest *request, LoftFindings *findings)
{
  check_field (findings, "description", request->description);
  check_field (findings, "repository", request->repository);
  check_field (findings, "license", request->license);
  if (request->authors == NULL)
    return;

  if (g_strv_length (request->authors) > AUTHORS_MAX)
    loft_findings_add (findings,
                       "field-length",
                       "authors",
                       "There are more than %d authors",
                       AUTHORS_MAX);
  for (gsize i = 0; request->authors[i] != NULL; i++)
    check_field (findings, "authors", request->authors[i]);
}

static void
check_identity (const LoftManifest *manifest,
                const LoftPublishRequest *request,
                LoftFindings *findings)
{
  if (g_strcmp0 (manifest->name, request->name) != 0)
    loft_findings_add (findings,
                       "manifest-name",
                       "manifest.json",
                       "The manifest.json in the tarball is of the package "
                       "“%s”, not “%s”",
                       manifest->name != NULL ? manifest->name : "",
                       request->name);
  if (g_strcmp0 (manifest->version, request->version) != 0)
    loft_findings_add (findings,
                       "manifest-version",
                       "manifest.json",
                       "The manifest.json in the tarball is of version “%s”, "
                       "not “%s”",
                       manifest->version != NULL ? manifest->version : "",
                       request->version);
}

static gboolean
inspect (Publish *publish, GError **error)
{
  const LoftPublishRequest *request = publish->job->request;
  g_autoptr (LoftRegistrySettings) settings =
    loft_registry_dup_settings (publish->self);
  g_autoptr (LoftFindings) findings = loft_findings_new ();

  if (loft_spool_get_size (request->spool) > settings->max_tarball)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_TOO_LARGE,
                   "The tarball is larger than %" G_GOFFSET_FORMAT " bytes",
                   settings->max_tarball);
      return FALSE;
    }

  publish->archive = loft_archive_inspect (loft_spool_get_fd (request->spool),
                                           &settings->archive,
                                           findings,
                                           publish->self->stopping,
                                           error);
  if (publish->archive == NULL)
    return FALSE;

  const LoftManifest *manifest = publish->archive->manifest;
  if (manifest != NULL)
    check_identity (manifest, request, findings);
  if (manifest != NULL && request->manifest != NULL)
    {
      g_autoptr (LoftFindings) already = loft_findings_new ();
      g_autoptr (LoftManifest) claimed =
        loft_manifest_new (request->manifest, "the request", already);

      if (claimed != NULL)
        loft_manifest_agrees ((LoftManifest *) manifest, claimed, findings);
      else
        loft_findings_add (findings,
                           "manifest-differs",
                           "manifest",
                           "The manifest in the request is no manifest");
    }
  check_fields (request, findings);

  return loft_findings_to_error (findings, error);
}

static gboolean
authorize (Publish *publish, GError **error)
{
  const LoftPublishRequest *request = publish->job->request;
  const LoftImport *import = publish->job->import;

  if (import != NULL)
    return loft_registry_admit (publish->self,
                                import,
                                request->name,
                                &publish->state,
                                &publish->owners,
                                &publish->actor,
                                error);

  return loft_registry_authorize (publish->self,
                                  request->name,
                                  &publish->credential,
                                  request->request_id,
                                  &publish->state,
                                  &publish->owners,
                                  &publish->actor,
                                  error);
}

/* Whoever may publish nothing shall not make the registry unpack anything, nor
 * learn what it has against a package. */
static gboolean
check_token (Publish *publish, GError **error)
{
  LoftRegistry *self = publish->self;
  g_autoptr (LoftRegistrySettings) settings = loft_registry_dup_settings (self);

  return publish->job->import != NULL ||
         settings->publish != LOFT_PUBLISH_TOKEN ||
         loft_authority_check_token (self->authority,
                                     settings->publish,
                                     &publish->credential,
                                     error);
}

/* Loads the document of a version that the catalog knows. One that it does not
 * know is seldom there, and a look would cost each publish a round trip: it is
 * found when ours can't be created. */
static LoftDocument *
load_known (Publish *publish, GError **error)
{
  const LoftPublishRequest *request = publish->job->request;
  g_autoptr (LoftCatalogVersion) version =
    loft_catalog_get_version (publish->self->catalog,
                              request->name,
                              publish->key,
                              NULL);
  if (version == NULL)
    {
      g_set_error_literal (error,
                           LOFT_STORAGE_ERROR,
                           LOFT_STORAGE_ERROR_NOT_FOUND,
                           "The catalog does not know the version");
      return NULL;
    }

  /* An adopted document may have build metadata in its key. */
  return loft_log_load_document (publish->self->storage,
                                 request->name,
                                 version->key,
                                 NULL,
                                 error);
}

/* An adopted document does not say what its tarball is; the event that may
 * follow has to. */
static gboolean
is_same_archive (Publish *publish,
                 LoftDocument *document,
                 gboolean *out_same,
                 GError **error)
{
  const char *ours = loft_spool_get_sha256 (publish->job->request->spool);

  if (document->sha256 == NULL || document->size < 0)
    {
      g_autofree char *key =
        g_strconcat (document->name, "/", document->archive, NULL);

      g_clear_pointer (&document->sha256, g_free);
      document->sha256 = loft_registry_hash_object (publish->self->storage,
                                                    key,
                                                    &document->size,
                                                    NULL,
                                                    error);
      if (document->sha256 == NULL)
        return FALSE;
    }
  *out_same = g_str_equal (document->sha256, ours);

  return TRUE;
}

/* Makes sure that the log has the document, and the state of its package, since
 * the answer rests on them. What it has already is not told again. */
static gboolean
tell (Publish *publish, LoftDocument *document, GError **error)
{
  g_autoptr (GPtrArray) events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  LoftEvent *event = loft_event_new_for_document (document);

  /* Of an import the document tells who published it elsewhere. */
  if (publish->job->created)
    loft_actor_copy (&event->actor, &publish->actor);
  if (publish->state != NULL)
    g_ptr_array_add (
      events,
      loft_event_new_for_state (publish->job->request->name, publish->state));
  g_ptr_array_add (events, event);

  return loft_log_append (publish->self->log, events, error);
}

static gboolean
is_corrupt (const GError *error)
{
  return g_error_matches (error,
                          LOFT_REGISTRY_ERROR,
                          LOFT_REGISTRY_ERROR_CORRUPT);
}

/* What stands under a version's key takes it, were it broken: the publisher can
 * only choose another version, and the administrator must look. */
static gboolean
refuse_broken (Publish *publish, GError *reason, GError **error)
{
  const LoftPublishRequest *request = publish->job->request;
  g_autoptr (GError) owned = reason;

  if (!is_corrupt (owned) && !g_error_matches (owned,
                                               LOFT_STORAGE_ERROR,
                                               LOFT_STORAGE_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&owned));
      return FALSE;
    }

  g_message ("Version %s of “%s” can't be published anew: %s",
             request->version,
             request->name,
             owned->message);
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_EXISTS,
               "Version %s of “%s” exists already, but what is stored of it is "
               "broken; publish under another version",
               request->version,
               request->name);

  return FALSE;
}

static gboolean
answer_existing (Publish *publish, LoftDocument *document, GError **error)
{
  g_autoptr (LoftDocument) owned = document;
  const LoftPublishRequest *request = publish->job->request;
  g_autoptr (GError) local_error = NULL;
  gboolean same;

  if (!is_same_archive (publish, owned, &same, &local_error))
    return refuse_broken (publish, g_steal_pointer (&local_error), error);
  if (!tell (publish, g_steal_pointer (&owned), error))
    return FALSE;
  if (same)
    return TRUE;

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_EXISTS,
               "Version %s of “%s” exists already with other content; publish "
               "the change as a new version",
               request->version,
               request->name);

  return FALSE;
}

static gboolean
is_taken (const GError *error)
{
  return g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_EXISTS) ||
         g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_UNKNOWN);
}

static GBytes *
build_document (Publish *publish, gint64 now)
{
  const LoftPublishRequest *request = publish->job->request;
  const LoftImport *import = publish->job->import;
  LoftDocumentFacts facts = {
    .archive = publish->archive_name,
    .size = loft_spool_get_size (request->spool),
    .sha256 = loft_spool_get_sha256 (request->spool),
    .published_at = now,
    .description = request->description,
    .repository = request->repository,
    .license = request->license,
    .authors = (const char *const *) request->authors,
    .owners = (const char *const *) publish->owners,
    .published_by = import != NULL ? &import->published_by : &publish->actor,
  };

  return loft_document_build (publish->archive, &facts);
}

/* Whether nothing can ever refer to our tarball, now that the document is
 * another's: it names another tarball, or it can't be read, or its own had been
 * lost before ours took that name. What was there before we came may be
 * somebody else's in the last two cases. */
static gboolean
is_garbage (Publish *publish, const char *name, const LoftDocument *document)
{
  if (document == NULL)
    return publish->stored;
  if (!g_str_equal (name, document->archive))
    return TRUE;

  return publish->stored &&
         g_strcmp0 (document->sha256,
                    loft_spool_get_sha256 (publish->job->request->spool)) != 0;
}

/* Removes our tarball if it is garbage. @document is the one that stands there;
 * %NULL if it is broken. Where it can't be removed it stays, which costs space
 * and nothing else. */
static void
drop_archive (Publish *publish, const LoftDocument *document)
{
  g_autofree char *ours = publish->archive_name != NULL
                            ? g_strdup (publish->archive_name)
                            : g_strconcat (publish->key, ".tar.gz", NULL);
  g_autofree char *key =
    g_strconcat (publish->job->request->name, "/", ours, NULL);
  g_autoptr (GError) local_error = NULL;

  if (is_garbage (publish, ours, document) &&
      !loft_storage_remove (publish->self->storage, key, NULL, &local_error))
    g_debug ("“%s” stays in the storage: %s", key, local_error->message);
}

/* Creates the document. Gives the one that stands there in the end, ours or
 * another's. */
static LoftDocument *
create_document (Publish *publish, GBytes *text, GError **error)
{
  LoftRegistry *self = publish->self;
  const char *name = publish->job->request->name;
  g_autofree char *key = loft_document_make_key (name, publish->key);

  for (guint tries = 0; tries < TRIES_MAX; tries++)
    {
      g_autoptr (GInputStream) stream =
        g_memory_input_stream_new_from_bytes (text);
      g_autoptr (GError) local_error = NULL;

      if (!loft_storage_create (self->storage,
                                key,
                                stream,
                                (goffset) g_bytes_get_size (text),
                                NULL,
                                &local_error) &&
          !is_taken (local_error))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      if (local_error == NULL)
        return loft_document_parse (name, publish->key, text, 0, error);

      g_clear_error (&local_error);
      LoftDocument *document = loft_log_load_document (self->storage,
                                                       name,
                                                       publish->key,
                                                       NULL,
                                                       &local_error);
      if (document != NULL)
        return document;
      if (is_corrupt (local_error))
        drop_archive (publish, NULL);
      if (!g_error_matches (local_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
    }

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_UNAVAILABLE,
                       "The storage does not tell whether the version exists");

  return NULL;
}

static gboolean
commit (Publish *publish, GError **error)
{
  const LoftImport *import = publish->job->import;
  gint64 time = import != NULL && import->published_at > 0
                  ? import->published_at
                  : g_get_real_time ();
  g_autoptr (GBytes) text = build_document (publish, time);
  g_autofree char *digest =
    g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, text);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDocument) document =
    create_document (publish, text, &local_error);
  if (document == NULL)
    return refuse_broken (publish, g_steal_pointer (&local_error), error);

  if (!g_str_equal (document->digest, digest))
    {
      drop_archive (publish, document);
      return answer_existing (publish, g_steal_pointer (&document), error);
    }

  publish->job->created = TRUE;

  return tell (publish, g_steal_pointer (&document), error);
}

static gboolean
take_element (Publish *publish, GError **error)
{
  g_autoptr (LoftCatalogVersion) version =
    loft_catalog_get_version (publish->self->catalog,
                              publish->job->request->name,
                              publish->key,
                              error);
  if (version == NULL)
    return FALSE;

  publish->job->element =
    g_bytes_new (version->element, strlen (version->element));

  return TRUE;
}

/**
 * loft_registry_publish:
 * @self: a registry
 * @job: what to publish, and where the answer goes
 * @error: return location for a #GError
 *
 * Publishes a version. Blocks.
 *
 * Returns: %TRUE once the version is durable and visible, or %FALSE with
 *   @error set to a #LoftRegistryError, a #LoftStorageError or
 *   %G_IO_ERROR_CANCELLED
 */
gboolean
loft_registry_publish (LoftRegistry *self, LoftPublishJob *job, GError **error)
{
  const LoftPublishRequest *request = job->request;
  g_auto (Publish)
    publish = { .self = self, .job = job, .credential.token = request->token };
  g_autoptr (GError) local_error = NULL;

  if (!loft_registry_can_write (self, error) ||
      !loft_registry_check_names (self,
                                  request->name,
                                  request->version,
                                  error) ||
      !check_token (&publish, error) || !inspect (&publish, error))
    return FALSE;

  publish.key = loft_version_without_build (request->version);
  if (!authorize (&publish, error))
    return FALSE;

  g_autoptr (LoftDocument) existing = load_known (&publish, &local_error);
  if (existing != NULL)
    {
      if (!answer_existing (&publish, g_steal_pointer (&existing), error))
        return FALSE;
    }
  else if (!g_error_matches (local_error,
                             LOFT_STORAGE_ERROR,
                             LOFT_STORAGE_ERROR_NOT_FOUND))
    return refuse_broken (&publish, g_steal_pointer (&local_error), error);
  else if ((job->import == NULL &&
            !loft_registry_check_quota (self,
                                        request->name,
                                        loft_spool_get_size (request->spool),
                                        error)) ||
           !loft_registry_store_archive (self,
                                         request,
                                         publish.key,
                                         &publish.archive_name,
                                         &publish.stored,
                                         error) ||
           !commit (&publish, error))
    return FALSE;

  return take_element (&publish, error);
}
