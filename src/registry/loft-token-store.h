/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-token.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

/**
 * LoftTokenStore:
 *
 * The tokens of a storage.
 */
typedef struct _LoftTokenStore LoftTokenStore;

/**
 * LoftTokenChangeFunc:
 * @token: what is stored of a token
 * @user_data: what was given with the function
 *
 * Changes what is stored of a token, unless there is no need.
 *
 * Returns: whether @token was changed
 */
typedef gboolean (*LoftTokenChangeFunc) (LoftToken *token, gpointer user_data);

LoftTokenStore *loft_token_store_new (LoftStorage *storage);
void loft_token_store_free (LoftTokenStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftTokenStore, loft_token_store_free)

gboolean loft_token_store_look_up (LoftTokenStore *self,
                                   const char *secret,
                                   LoftToken **out_token,
                                   GError **error);
void loft_token_store_refuse (GError **error);
gboolean loft_token_store_create (LoftTokenStore *self,
                                  const LoftToken *token,
                                  GError **error);
gboolean loft_token_store_change (LoftTokenStore *self,
                                  const char *sha256,
                                  LoftTokenChangeFunc func,
                                  gpointer user_data,
                                  LoftToken **out_token,
                                  GError **error);
gboolean loft_token_store_remove (LoftTokenStore *self,
                                  const char *sha256,
                                  GCancellable *cancellable,
                                  GError **error);
GPtrArray *loft_token_store_list (LoftTokenStore *self,
                                  GCancellable *cancellable,
                                  GError **error);
GPtrArray *loft_token_store_survey (LoftTokenStore *self,
                                    GCancellable *cancellable,
                                    GError **error);
GPtrArray *loft_token_store_list_of (LoftTokenStore *self,
                                     const char *user,
                                     GCancellable *cancellable,
                                     GError **error);

G_END_DECLS
