/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define LOFT_JSON_DEPTH_MAX 64

/**
 * LoftJsonSinkFunc:
 * @data: decoded bytes of the string, unescaped, in order
 * @length: how many
 * @user_data: what was given with the function
 * @error: return location for a #GError
 *
 * Takes the next piece of a string that is not kept in memory.
 *
 * Returns: %FALSE with @error set to stop the scan
 */
typedef gboolean (*LoftJsonSinkFunc) (const char *data,
                                      gsize length,
                                      gpointer user_data,
                                      GError **error);

/**
 * LoftJsonScanner:
 *
 * A strict RFC 8259 scanner that takes its text in pieces.
 */
typedef struct _LoftJsonScanner LoftJsonScanner;

LoftJsonScanner *loft_json_scanner_new (gsize limit);
void loft_json_scanner_free (LoftJsonScanner *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftJsonScanner, loft_json_scanner_free)

void loft_json_scanner_divert (LoftJsonScanner *self,
                               const char *member,
                               LoftJsonSinkFunc func,
                               gpointer user_data);
gboolean loft_json_scanner_feed (LoftJsonScanner *self,
                                 const char *data,
                                 gsize length,
                                 GError **error);
JsonNode *loft_json_scanner_finish (LoftJsonScanner *self, GError **error);

JsonNode *loft_json_parse (const char *text, gsize length, GError **error);
GBytes *loft_json_to_bytes (JsonNode *node);
void loft_json_append (GString *text, JsonNode *node);
void loft_json_append_string (GString *text, const char *string);

const char *loft_json_get_string (JsonObject *object, const char *member);
JsonObject *loft_json_get_object (JsonObject *object, const char *member);
JsonArray *loft_json_get_array (JsonObject *object, const char *member);
gint64
loft_json_get_int (JsonObject *object, const char *member, gint64 fallback);

void loft_json_add_string (JsonBuilder *builder,
                           const char *member,
                           const char *value);

G_END_DECLS
