/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

/* The MESSAGE_ID of what an operator acts on. They are there to be looked for,
 * so none ever changes; data/loft-registry.catalog explains each. */

#define LOFT_MESSAGE_STARTED "0e0685f324bc4767adf46ef2620e7d86"
#define LOFT_MESSAGE_STOPPING "f7e87ea019484f3ebd816c91118b442a"
#define LOFT_MESSAGE_WORKER_DIED "41b2b372e4324d2b9f4a474af7236763"
#define LOFT_MESSAGE_WORKER_STUCK "3873fd3360104171819f1263d5794e0c"
#define LOFT_MESSAGE_CATALOG_LOST "e91ab9bac51644a98cefdee2b180ace2"
#define LOFT_MESSAGE_STORAGE_LOST "1a3c8c4b1f514949830c59f52abe2323"
#define LOFT_MESSAGE_STORAGE_BACK "a46c4566f81f43359bbdceff299ce102"
#define LOFT_MESSAGE_NO_SPACE "84407b1ba2f946c5be87fb56df7aa968"
#define LOFT_MESSAGE_REFUSED "2c038e5842a24042b28a9558fcd3fc21"
#define LOFT_MESSAGE_LIMITED "db641b9f2c5a44d3b74b13849d9f28c4"
#define LOFT_MESSAGE_TARBALL_CORRUPT "f687f7cf90904027874e6257fbb9b66d"
#define LOFT_MESSAGE_COPY_DAMAGED "dc9968a6c9bd4d68a609ab9a0e53a050"
#define LOFT_MESSAGE_ADMINISTERED "e2c1dbcd547d4c81b88242976f8227dc"
