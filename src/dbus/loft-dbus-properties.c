/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "dbus/loft-dbus-private.h"

/* How the registry is, on the bus: properties, and news of them. */

static const char *
get_phase_name (LoftRegistryPhase phase)
{
  switch (phase)
    {
    case LOFT_REGISTRY_STARTING:
      return "starting";
    case LOFT_REGISTRY_REBUILDING:
      return "rebuilding";
    case LOFT_REGISTRY_READY:
      return "ready";
    case LOFT_REGISTRY_FAILING:
    default:
      return "failing";
    }
}

static double
get_progress (const LoftRegistryStatus *status)
{
  if (status->phase == LOFT_REGISTRY_READY)
    return 1;
  if (status->phase == LOFT_REGISTRY_REBUILDING && status->expected > 0)
    return (double) MIN (status->scanned, status->expected) /
           (double) status->expected;

  return 0;
}

static GVariant *
list_addresses (LoftDbusService *self)
{
  g_auto (GStrv) addresses =
    self->delegate.list_addresses (self->delegate_data);

  return g_variant_new_strv ((const char *const *) addresses, -1);
}

static guint64
get_uptime (LoftDbusService *self)
{
  return (guint64) ((g_get_monotonic_time () - self->started_at) /
                    G_TIME_SPAN_SECOND);
}

typedef enum
{
  PROPERTY_VERSION,
  PROPERTY_ADDRESS,
  PROPERTY_STORAGE_URI,
  PROPERTY_BACKEND,
  PROPERTY_WORKERS,
  PROPERTY_UPTIME,
  PROPERTY_PACKAGES,
  PROPERTY_VERSIONS,
  PROPERTY_SEQUENCE,
  PROPERTY_CATALOG_STATE,
  PROPERTY_PROGRESS,
  PROPERTY_READ_ONLY,
  PROPERTY_PROBLEMS,
  PROPERTY_MAINTAINS,
  N_PROPERTIES
} Property;

/* Those from here on change, and are told of. */
#define FIRST_CHANGING PROPERTY_PACKAGES

static const char *const names[] = {
  [PROPERTY_VERSION] = "Version",
  [PROPERTY_ADDRESS] = "Address",
  [PROPERTY_STORAGE_URI] = "StorageUri",
  [PROPERTY_BACKEND] = "Backend",
  [PROPERTY_WORKERS] = "Workers",
  [PROPERTY_UPTIME] = "Uptime",
  [PROPERTY_PACKAGES] = "Packages",
  [PROPERTY_VERSIONS] = "Versions",
  [PROPERTY_SEQUENCE] = "Sequence",
  [PROPERTY_CATALOG_STATE] = "CatalogState",
  [PROPERTY_PROGRESS] = "Progress",
  [PROPERTY_READ_ONLY] = "ReadOnly",
  [PROPERTY_PROBLEMS] = "Problems",
  [PROPERTY_MAINTAINS] = "Maintains",
};

G_STATIC_ASSERT (G_N_ELEMENTS (names) == N_PROPERTIES);

static GVariant *
make_value (LoftDbusService *self,
            const LoftRegistryStatus *status,
            Property property)
{
  switch (property)
    {
    case PROPERTY_VERSION:
      return g_variant_new_string (PACKAGE_VERSION);
    case PROPERTY_ADDRESS:
      return list_addresses (self);
    case PROPERTY_STORAGE_URI:
      return g_variant_new_string (self->delegate.storage_uri);
    case PROPERTY_BACKEND:
      return g_variant_new_string (self->delegate.backend);
    case PROPERTY_WORKERS:
      return g_variant_new_uint32 (self->delegate.workers);
    case PROPERTY_UPTIME:
      return g_variant_new_uint64 (get_uptime (self));
    case PROPERTY_PACKAGES:
      return g_variant_new_uint64 (status->packages);
    case PROPERTY_VERSIONS:
      return g_variant_new_uint64 (status->versions);
    case PROPERTY_SEQUENCE:
      return g_variant_new_uint64 (status->sequence);
    case PROPERTY_CATALOG_STATE:
      return g_variant_new_string (get_phase_name (status->phase));
    case PROPERTY_PROGRESS:
      return g_variant_new_double (get_progress (status));
    case PROPERTY_READ_ONLY:
      return g_variant_new_boolean (status->read_only);
    case PROPERTY_PROBLEMS:
      return g_variant_new_uint64 (status->problems);
    case PROPERTY_MAINTAINS:
      return g_variant_new_boolean (status->maintains);
    case N_PROPERTIES:
    default:
      g_return_val_if_reached (NULL);
    }
}

/**
 * loft_dbus_get_property:
 * @self: a service
 * @name: name of a property of the interface
 *
 * Tells what a property is just now.
 *
 * Returns: (transfer floating): its value
 */
GVariant *
loft_dbus_get_property (LoftDbusService *self, const char *name)
{
  LoftRegistryStatus status = { 0 };

  loft_registry_get_status (self->registry, &status);
  for (guint i = 0; i < N_PROPERTIES; i++)
    if (g_str_equal (names[i], name))
      return make_value (self, &status, i);

  g_return_val_if_reached (NULL);
}

/**
 * loft_dbus_tell_properties:
 * @self: a service
 * @told: (array fixed-size=LOFT_DBUS_PROPERTIES_MAX) (element-type GVariant):
 *   what was told of last time; all %NULL before the first
 *
 * Tells on the bus of the properties that have changed.
 */
void
loft_dbus_tell_properties (LoftDbusService *self, GVariant **told)
{
  G_STATIC_ASSERT (N_PROPERTIES <= LOFT_DBUS_PROPERTIES_MAX);
  LoftRegistryStatus status = { 0 };
  GVariantDict changed;
  gboolean any = FALSE;

  loft_registry_get_status (self->registry, &status);
  g_variant_dict_init (&changed, NULL);
  for (guint i = FIRST_CHANGING; i < N_PROPERTIES; i++)
    {
      GVariant *value = g_variant_ref_sink (make_value (self, &status, i));

      if (told[i] == NULL || !g_variant_equal (told[i], value))
        {
          g_variant_dict_insert_value (&changed, names[i], value);
          any = TRUE;
          if (i == PROPERTY_PROGRESS)
            g_dbus_connection_emit_signal (self->connection,
                                           NULL,
                                           LOFT_DBUS_PATH,
                                           LOFT_DBUS_INTERFACE,
                                           "ProgressChanged",
                                           g_variant_new ("(@d)", value),
                                           NULL);
        }
      g_clear_pointer (&told[i], g_variant_unref);
      told[i] = value;
    }

  GVariant *values = g_variant_dict_end (&changed);
  if (any)
    g_dbus_connection_emit_signal (
      self->connection,
      NULL,
      LOFT_DBUS_PATH,
      "org.freedesktop.DBus.Properties",
      "PropertiesChanged",
      g_variant_new ("(s@a{sv}as)", LOFT_DBUS_INTERFACE, values, NULL),
      NULL);
  else
    g_variant_unref (g_variant_ref_sink (values));
}
