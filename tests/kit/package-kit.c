/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/package-kit.h"

#include <errno.h>

#include <glib/gstdio.h>

#include "kit/loft-test-archive.h"

/* What gzip and the headers of a tarball take beside its content. */
#define OVERHEAD 300

/* A package whose tarball has about @size bytes, which can't be compressed and
 * follow from @seed. */
GBytes *
package_kit_make (const char *name,
                  const char *version,
                  gsize size,
                  guint32 seed)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();
  gsize length = size > OVERHEAD ? size - OVERHEAD : 1;
  g_autofree guint32 *noise = g_new (guint32, length / 4 + 1);

  /* Xorshift: quick, and its state must not be 0. */
  for (gsize i = 0, state = seed << 1 | 1; i <= length / 4; i++)
    {
      state ^= (state << 13) & G_MAXUINT32;
      state ^= state >> 17;
      state ^= (state << 5) & G_MAXUINT32;
      noise[i] = (guint32) state;
    }

  loft_test_archive_add_manifest (archive, name, version);
  loft_test_archive_add_file (archive, "src/main.lf", "// nothing\n");
  loft_test_archive_add (archive,
                         &(LoftTestMember){ .path = "data/noise",
                                            .content = (const char *) noise,
                                            .length = length });

  return loft_test_archive_to_gzip (archive);
}

char *
package_kit_digest (GBytes *bytes)
{
  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
}

/* The name of a package that package_kit_fill() makes. */
char *
package_kit_name (guint number)
{
  return g_strdup_printf ("filled-%u", number);
}

/* The version of a package that package_kit_fill() makes. */
char *
package_kit_version (guint number)
{
  return g_strdup_printf ("0.%u.0", number + 1);
}

static char *
make_document (const char *name, const char *version)
{
  return g_strdup_printf (
    "{\n  \"name\": \"%s\",\n  \"version\": \"%s\",\n"
    "  \"description\": \"A package for tests, number for number\",\n"
    "  \"manifest\": {\n    \"dependencies\": {},\n"
    "    \"entrypoint\": \"src/main.lf\",\n    \"name\": \"%s\",\n"
    "    \"version\": \"%s\"\n  },\n  \"repository\": null,\n"
    "  \"authors\": [],\n  \"license\": null,\n  \"owners\": []\n}",
    name,
    version,
    name,
    version);
}

static gboolean
write_version (const char *directory,
               const char *name,
               const char *version,
               GBytes *tarball,
               GError **error)
{
  g_autofree char *stem = g_build_filename (directory, version, NULL);
  g_autofree char *archive = g_strconcat (stem, ".tar.gz", NULL);
  g_autofree char *document = g_strconcat (stem, ".json", NULL);
  g_autofree char *text = make_document (name, version);
  gsize size;
  const char *data = g_bytes_get_data (tarball, &size);

  return g_file_set_contents_full (archive,
                                   data,
                                   (gssize) size,
                                   G_FILE_SET_CONTENTS_NONE,
                                   0644,
                                   error) &&
         g_file_set_contents_full (document,
                                   text,
                                   -1,
                                   G_FILE_SET_CONTENTS_NONE,
                                   0644,
                                   error);
}

static gboolean
fill_package (const PackageKitFolder *folder,
              guint number,
              PackageKitFunc func,
              gpointer user_data,
              GError **error)
{
  g_autofree char *name = package_kit_name (number);
  g_autofree char *directory = g_build_filename (folder->storage, name, NULL);

  if (g_mkdir_with_parents (directory, 0755) == -1)
    {
      g_set_error (error,
                   G_FILE_ERROR,
                   (int) g_file_error_from_errno (errno),
                   "“%s” can't be made",
                   directory);
      return FALSE;
    }

  for (guint i = 0; i < folder->versions; i++)
    {
      g_autofree char *version = package_kit_version (i);
      gsize size =
        i % 2 == 1 && folder->odd_size > 0 ? folder->odd_size : folder->size;
      g_autoptr (GBytes) tarball =
        package_kit_make (name, version, size, number * folder->versions + i);
      g_autofree char *sha256 =
        func != NULL ? package_kit_digest (tarball) : NULL;

      if (!write_version (directory, name, version, tarball, error))
        return FALSE;
      if (func != NULL)
        func (name, version, sha256, user_data);
    }

  return TRUE;
}

/* Fills a folder as the original server does, and tells @func of each version
 * if there is one. */
gboolean
package_kit_fill (const PackageKitFolder *folder,
                  PackageKitFunc func,
                  gpointer user_data,
                  GError **error)
{
  for (guint i = 0; i < folder->packages; i++)
    if (!fill_package (folder, i, func, user_data, error))
      return FALSE;

  return TRUE;
}
