/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-pages-private.h"

/* How often a package was downloaded, as a picture that is nothing but a path:
 * a bar for each day, the highest as high as there is room. */

/* As high as the template's view box. */
#define HEIGHT 24

static guint64
find_most (const LoftPagesPackage *package)
{
  guint64 most = 0;

  for (guint i = 0; i < package->n_days; i++)
    most = MAX (most, package->days[i]);

  return most;
}

/* A day with any has a bar that can be seen. */
static char *
draw (const LoftPagesPackage *package, guint64 most)
{
  g_autoptr (GString) path = g_string_new (NULL);

  for (guint i = 0; i < package->n_days; i++)
    {
      double share = (double) package->days[i] / (double) most;
      guint height = MAX ((guint) (share * HEIGHT + 0.5), 1);

      if (package->days[i] > 0)
        g_string_append_printf (path,
                                "M%u %uv-%uh1v%uz",
                                i,
                                HEIGHT,
                                height,
                                height);
    }

  return g_string_free (g_steal_pointer (&path), FALSE);
}

/**
 * loft_pages_new_downloads:
 * @package: a package whose downloads are counted
 *
 * Returns: (transfer full): what the template of a package asks for; without
 *   `total` if it was never downloaded, and without `path` if not lately
 */
JsonObject *
loft_pages_new_downloads (const LoftPagesPackage *package)
{
  g_return_val_if_fail (package != NULL && package->days != NULL, NULL);

  JsonObject *values = json_object_new ();
  guint64 most = find_most (package);
  guint64 recent = 0;

  for (guint i = 0; i < package->n_days; i++)
    recent += package->days[i];
  json_object_set_int_member (values, "n_days", package->n_days);
  json_object_set_int_member (values, "recent", (gint64) recent);
  if (package->downloads > 0)
    json_object_set_int_member (values, "total", (gint64) package->downloads);
  if (most > 0)
    {
      g_autofree char *path = draw (package, most);

      json_object_set_string_member (values, "path", path);
      json_object_set_int_member (values, "most", (gint64) most);
    }

  return values;
}
