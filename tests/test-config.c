/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>

#include "daemon/loft-config.h"
#include "daemon/loft-settings.h"

typedef struct
{
  char *folder; /* owned */
  char *file;   /* owned */
} Fixture;

static void
setup (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("loft-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->file = g_build_filename (fixture->folder, "test.conf", NULL);
}

static void
teardown (Fixture *fixture, gconstpointer test_data)
{
  g_unlink (fixture->file);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->file);
  g_free (fixture->folder);
}

static void
write_file (Fixture *fixture, const char *content, gssize length)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (fixture->file, content, length, &error);
  g_assert_no_error (error);
}

typedef struct
{
  LoftConfigKey key;
  const char *text;
  const char *value; /* as GVariant text; NULL if it is refused */
} ValueCase;

static const ValueCase value_cases[] = {
  { LOFT_CONFIG_STORAGE, "/srv/loft", "'/srv/loft'" },
  { LOFT_CONFIG_STORAGE, " a b ", "'a b'" },
  { LOFT_CONFIG_STORAGE, "", NULL },
  { LOFT_CONFIG_STORAGE, "/srv/\xff", NULL },
  { LOFT_CONFIG_BACKEND, "s3", "'s3'" },
  { LOFT_CONFIG_BACKEND, "../s3", NULL },
  { LOFT_CONFIG_PUBLISH, "open", "'open'" },
  { LOFT_CONFIG_PUBLISH, "claim", "'claim'" },
  { LOFT_CONFIG_PUBLISH, "Open", NULL },
  { LOFT_CONFIG_PUBLISH, "", NULL },
  { LOFT_CONFIG_RESERVED_NAMES, "", "@as []" },
  { LOFT_CONFIG_RESERVED_NAMES, " a,b;c d,, ", "['a', 'b', 'c', 'd']" },
  { LOFT_CONFIG_MAX_TARBALL_SIZE, "2048", "uint64 2048" },
  { LOFT_CONFIG_MAX_TARBALL_SIZE, "2048 B", "uint64 2048" },
  { LOFT_CONFIG_MAX_TARBALL_SIZE, "2KiB", "uint64 2048" },
  { LOFT_CONFIG_MAX_TARBALL_SIZE, "3 mib", "uint64 3145728" },
  { LOFT_CONFIG_MAX_TARBALL_SIZE, "1 GiB", "uint64 1073741824" },
  { LOFT_CONFIG_MAX_TARBALL_SIZE, "2 GiB", NULL },
  { LOFT_CONFIG_MAX_TARBALL_SIZE, "1023", NULL },
  { LOFT_CONFIG_MAX_TARBALL_SIZE, "-1", NULL },
  { LOFT_CONFIG_MAX_TARBALL_SIZE, "1.5 MiB", NULL },
  { LOFT_CONFIG_MAX_TARBALL_SIZE, "5 MB", NULL },
  { LOFT_CONFIG_MAX_TARBALL_SIZE, "MiB", NULL },
  { LOFT_CONFIG_MAX_TARBALL_SIZE, "99999999999999999999", NULL },
  { LOFT_CONFIG_MAX_TARBALL_SIZE, "18446744073709551615 GiB", NULL },
  { LOFT_CONFIG_MAX_RATIO, "1", "uint64 1" },
  { LOFT_CONFIG_MAX_RATIO, "0", NULL },
  { LOFT_CONFIG_MAX_RATIO, "1 KiB", NULL },
  { LOFT_CONFIG_RESCAN_INTERVAL, "0", "uint64 0" },
  { LOFT_CONFIG_RESCAN_INTERVAL, "", NULL },
  { LOFT_CONFIG_LOG_POLL, "10", "uint64 10" },
  { LOFT_CONFIG_LOG_POLL, "9", NULL },
  { LOFT_CONFIG_CHECKPOINT_INTERVAL, "0", "uint64 0" },
  { LOFT_CONFIG_MAINTENANCE_LEASE, "2", NULL },
  { LOFT_CONFIG_VERBOSE, "yes", "true" },
  { LOFT_CONFIG_VERBOSE, "off", "false" },
  { LOFT_CONFIG_VERBOSE, "maybe", NULL },
  { LOFT_CONFIG_LISTEN, "127.0.0.1:0", "['127.0.0.1:0']" },
  { LOFT_CONFIG_LISTEN,
    "[::1]:3030, 0.0.0.0:80",
    "['[::1]:3030', '0.0.0.0:80']" },
  { LOFT_CONFIG_LISTEN, "[::]:65535", "['[::]:65535']" },
  { LOFT_CONFIG_LISTEN, "", NULL },
  { LOFT_CONFIG_LISTEN, "127.0.0.1:1,\xff", NULL },
  { LOFT_CONFIG_LISTEN, "127.0.0.1", NULL },
  { LOFT_CONFIG_LISTEN, "127.0.0.1:", NULL },
  { LOFT_CONFIG_LISTEN, "127.0.0.1:65536", NULL },
  { LOFT_CONFIG_LISTEN, "127.0.0.1:+80", NULL },
  { LOFT_CONFIG_LISTEN, "[127.0.0.1]:80", NULL },
  { LOFT_CONFIG_LISTEN, "::1:80", NULL },
  { LOFT_CONFIG_LISTEN, "[::1]", NULL },
  { LOFT_CONFIG_LISTEN, "[]:80", NULL },
  { LOFT_CONFIG_LISTEN, ":80", NULL },
  { LOFT_CONFIG_LISTEN, "example.org:80", NULL },
  { LOFT_CONFIG_LISTEN, "127.0.0.1:80 nonsense", NULL },
  { LOFT_CONFIG_DOC_COMMAND, "", "''" },
  { LOFT_CONFIG_DOC_COMMAND, "doc -o {output}", "'doc -o {output}'" },
  { LOFT_CONFIG_DOC_COMMAND,
    "doc 'a b' {output}/x",
    "\"doc 'a b' {output}/x\"" },
  { LOFT_CONFIG_DOC_COMMAND, "doc", NULL },
  { LOFT_CONFIG_DOC_COMMAND, "doc '{output}", NULL },
  { LOFT_CONFIG_DOC_COMMAND, "# {output}", NULL },
  { LOFT_CONFIG_PUBLIC_URL, "", "''" },
  { LOFT_CONFIG_PUBLIC_URL, "https://a.example/", "'https://a.example'" },
  { LOFT_CONFIG_PUBLIC_URL, "http://[::1]:80/b/c", "'http://[::1]:80/b/c'" },
  { LOFT_CONFIG_PUBLIC_URL,
    "https://a.example/b%20c",
    "'https://a.example/b%20c'" },
  { LOFT_CONFIG_PUBLIC_URL, "https://a.example//", NULL },
  { LOFT_CONFIG_PUBLIC_URL, "https://a.example/?q", NULL },
  { LOFT_CONFIG_PUBLIC_URL, "https://a.example/#q", NULL },
  { LOFT_CONFIG_PUBLIC_URL, "https://me@a.example", NULL },
  { LOFT_CONFIG_PUBLIC_URL, "https://a.example/\"", NULL },
  { LOFT_CONFIG_PUBLIC_URL, "https:///b", NULL },
  { LOFT_CONFIG_PUBLIC_URL, "https://", NULL },
  { LOFT_CONFIG_PUBLIC_URL, "ftp://a.example", NULL },
  { LOFT_CONFIG_PUBLIC_URL, "a.example", NULL },
  { LOFT_CONFIG_PUBLIC_URL, "/", NULL },
  { LOFT_CONFIG_SECURITY_CONTACT, "", "''" },
  { LOFT_CONFIG_SECURITY_CONTACT,
    "mailto:a@b.example",
    "'mailto:a@b.example'" },
  { LOFT_CONFIG_SECURITY_CONTACT, "tel:+1-2", "'tel:+1-2'" },
  { LOFT_CONFIG_SECURITY_POLICY,
    "https://a.example/p",
    "'https://a.example/p'" },
  { LOFT_CONFIG_SECURITY_CONTACT, "a@b.example", NULL },
  { LOFT_CONFIG_SECURITY_CONTACT, "mailto:", NULL },
  { LOFT_CONFIG_SECURITY_CONTACT, "mailto:a@b.example\nPolicy: x", NULL },
  { LOFT_CONFIG_SECURITY_CONTACT, "http://a.example", NULL },
  { LOFT_CONFIG_DRAIN_TIMEOUT, "3600", "uint64 3600" },
  { LOFT_CONFIG_DRAIN_TIMEOUT, "3601", NULL },
  { LOFT_CONFIG_MAX_WAIT, "five", NULL },
};

/* Each value is read as what it means, or refused with a reason. */
static void
test_values (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (value_cases); i++)
    {
      const ValueCase *row = &value_cases[i];
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value =
        loft_config_key_parse (row->key, row->text, &error);

      if (row->value == NULL)
        {
          g_assert_error (error, LOFT_CONFIG_ERROR, LOFT_CONFIG_ERROR_VALUE);
          g_assert_null (value);
          continue;
        }

      g_assert_no_error (error);
      g_autofree char *printed = g_variant_print (value, TRUE);
      g_assert_cmpstr (printed, ==, row->value);
    }
}

/* Every default is a value that may be written, every value that is printed
 * can be read again, and no two keys share a variable. */
static void
test_table (void)
{
  g_autoptr (GHashTable) variables =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < LOFT_CONFIG_N_KEYS; i++)
    {
      const LoftConfigKeyInfo *info = loft_config_key_get_info (i);
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value =
        loft_config_key_parse (i, info->fallback, &error);
      LoftConfigKey found = LOFT_CONFIG_N_KEYS;

      g_assert_no_error (error);
      g_autofree char *text = loft_config_key_format (value);
      g_autoptr (GVariant) again = loft_config_key_parse (i, text, &error);
      g_assert_no_error (error);
      g_assert_true (g_variant_equal (value, again));

      g_assert_true (loft_config_key_find (info->group, info->name, &found));
      g_assert_cmpint (found, ==, i);
      g_assert_true (
        g_hash_table_add (variables, loft_config_key_get_variable (i)));
    }
}

static void
assert_gate (const LoftGateSettings *gate, const LoftGateSettings *expected)
{
  g_assert_cmpuint (gate->head.size, ==, expected->head.size);
  g_assert_cmpuint (gate->head.target, ==, expected->head.target);
  g_assert_cmpuint (gate->head.fields, ==, expected->head.fields);
  g_assert_cmpuint (gate->head_timeout, ==, expected->head_timeout);
  g_assert_cmpuint (gate->idle_timeout, ==, expected->idle_timeout);
  g_assert_cmpuint (gate->body_timeout, ==, expected->body_timeout);
  g_assert_cmpuint (gate->write_timeout, ==, expected->write_timeout);
  g_assert_cmpuint (gate->drain_timeout, ==, expected->drain_timeout);
  g_assert_cmpuint (gate->drain_size, ==, expected->drain_size);
  g_assert_cmpuint (gate->park_after, ==, expected->park_after);
  g_assert_cmpuint (gate->connections, ==, expected->connections);
  g_assert_cmpuint (gate->connections_per_peer,
                    ==,
                    expected->connections_per_peer);
  g_assert_cmpuint (gate->hot_size, ==, expected->hot_size);
}

/* Without anything written the settings are those that the layers document. */
static void
test_defaults (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  const char *environment[] = { "XDG_CACHE_HOME=/var/tmp/cache", NULL };

  write_file (fixture, "", 0);
  g_autoptr (LoftConfig) config =
    loft_config_load (fixture->file, environment, NULL, &error);
  g_assert_no_error (error);

  g_assert_cmpstr (loft_config_get_text (config, LOFT_CONFIG_STORAGE),
                   ==,
                   "./registry-storage");
  g_assert_cmpstr (loft_config_get_text (config, LOFT_CONFIG_CACHE_DIRECTORY),
                   ==,
                   "/var/tmp/cache/loft-registry");
  g_assert_cmpstr (loft_config_get_origin (config, LOFT_CONFIG_STORAGE),
                   ==,
                   "default");

  g_autoptr (LoftRegistrySettings) settings =
    loft_settings_for_registry (config);
  g_autoptr (LoftRegistrySettings) expected = loft_registry_settings_new ();
  g_assert_cmpint (settings->publish, ==, expected->publish);
  g_assert_cmpint (settings->max_tarball, ==, expected->max_tarball);
  g_assert_cmpuint (settings->max_versions, ==, expected->max_versions);
  g_assert_cmpuint (settings->max_bytes, ==, expected->max_bytes);
  g_assert_cmpuint (settings->rescan_interval, ==, expected->rescan_interval);
  g_assert_cmpmem (&settings->archive,
                   sizeof settings->archive,
                   &expected->archive,
                   sizeof expected->archive);

  g_auto (LoftHttpSettings) http = loft_settings_for_http (config);
  LoftHttpSettings http_expected = LOFT_HTTP_SETTINGS_DEFAULT;
  g_assert_cmpint (http.access_log, ==, http_expected.access_log);
  g_assert_cmpuint (http.drain_timeout, ==, http_expected.drain_timeout);
  g_assert_cmpuint (http.max_wait, ==, http_expected.max_wait);

  g_assert_cmpmem (http.limits,
                   sizeof http.limits,
                   http_expected.limits,
                   sizeof http_expected.limits);

  g_autoptr (GInetAddress) loopback =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV6);
  g_assert_true (loft_address_list_contains (http.gate.trusted, loopback));
  assert_gate (&http.gate, &http_expected.gate);

  g_assert_finalize_object (g_steal_pointer (&config));
}

typedef struct
{
  const char *content;
  LoftConfigError code;
  const char *message; /* what follows the file's name */
} FileCase;

static const FileCase file_cases[] = {
  { "[registry]\npublsh=open\n",
    LOFT_CONFIG_ERROR_UNKNOWN,
    ":2: “publsh” is no key of [registry]" },
  { "\n# listen is not here\n[registry]\nlisten=[::1]:80\n",
    LOFT_CONFIG_ERROR_UNKNOWN,
    ":4: “listen” is no key of [registry]" },
  { "[http]\n\n[htpp]\nlisten=[::1]:80\n",
    LOFT_CONFIG_ERROR_UNKNOWN,
    ":3: [htpp] is no group, nor is there a backend of this name" },
  { "[../x]\n",
    LOFT_CONFIG_ERROR_UNKNOWN,
    ":1: [../x] is no group, nor is there a backend of this name" },
  { "[registry]\r\npublish = maybe\r\n",
    LOFT_CONFIG_ERROR_VALUE,
    ":2: [registry] publish: “maybe” is not one of: open, claim, token" },
  { "[http]\naccess-log=true\naccess-log=false\n",
    LOFT_CONFIG_ERROR_SYNTAX,
    ":3: “access-log” is there twice" },
  { "[http]\naccess-log=true\n[registry]\n[http]\naccess-log=false\n",
    LOFT_CONFIG_ERROR_SYNTAX,
    ":5: “access-log” is there twice" },
  { "access-log=true\n",
    LOFT_CONFIG_ERROR_SYNTAX,
    ":1: “access-log=true” comes before any [group]" },
  { "[http]\naccess-log\n",
    LOFT_CONFIG_ERROR_SYNTAX,
    ":2: “access-log” is no [group], key=value or # comment" },
  { "[http\n",
    LOFT_CONFIG_ERROR_SYNTAX,
    ":1: “[http” is no [group], key=value or # comment" },
  { "[http]\n=true\n",
    LOFT_CONFIG_ERROR_SYNTAX,
    ":2: “=true” comes before any [group]" },
  { "[registry]\nstorage=\xff\n",
    LOFT_CONFIG_ERROR_SYNTAX,
    ":2: The line is not in UTF-8" },
  { "[registry]\npublish[de]=open\n",
    LOFT_CONFIG_ERROR_UNKNOWN,
    ":2: “publish[de]” is no key of [registry]" },
};

/* A mistake in a file is an error that names the file, the line and the key. */
static void
test_file_mistakes (Fixture *fixture, gconstpointer test_data)
{
  for (guint i = 0; i < G_N_ELEMENTS (file_cases); i++)
    {
      const FileCase *row = &file_cases[i];
      g_autoptr (GError) error = NULL;
      g_autofree char *message =
        g_strconcat (fixture->file, row->message, NULL);

      write_file (fixture, row->content, -1);
      g_assert_null (loft_config_load (fixture->file, NULL, NULL, &error));
      g_assert_error (error, LOFT_CONFIG_ERROR, (int) row->code);
      g_assert_cmpstr (error->message, ==, message);
    }
}

/* A file that was named has to be there, and has to be text. */
static void
test_file_unreadable (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (loft_config_load (fixture->file, NULL, NULL, &error));
  g_assert_error (error, LOFT_CONFIG_ERROR, LOFT_CONFIG_ERROR_READ);
  g_clear_error (&error);

  g_assert_null (loft_config_load (fixture->folder, NULL, NULL, &error));
  g_assert_error (error, LOFT_CONFIG_ERROR, LOFT_CONFIG_ERROR_READ);
  g_clear_error (&error);

  write_file (fixture, "[http]\n\0\n", 9);
  g_assert_null (loft_config_load (fixture->file, NULL, NULL, &error));
  g_assert_error (error, LOFT_CONFIG_ERROR, LOFT_CONFIG_ERROR_SYNTAX);
}

/* Options win over the environment, that over the file, that over defaults. */
static void
test_precedence (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  const char *environment[] = { "BIND_ADDR=127.0.0.1:2",
                                "STORAGE_DIR=from-environment",
                                "LOFT_REGISTRY_PUBLISH=open",
                                "LOFT_REGISTRY_MAX_WAIT=",
                                "LOFT_REGISTRY=http://127.0.0.1:3030",
                                NULL };
  const char *options[LOFT_CONFIG_N_KEYS] = {
    [LOFT_CONFIG_LISTEN] = "127.0.0.1:3",
  };

  write_file (fixture,
              "[registry]\nstorage=from-file\npublish=claim\n"
              "max-entries=7\n[http]\nlisten=127.0.0.1:1\nmax-wait=9\n",
              -1);
  g_autoptr (LoftConfig) config =
    loft_config_load (fixture->file, environment, options, &error);
  g_assert_no_error (error);

  g_auto (GStrv) listen = loft_config_get_words (config, LOFT_CONFIG_LISTEN);
  const char *const expected[] = { "127.0.0.1:3", NULL };
  g_assert_cmpstrv (listen, expected);
  g_assert_cmpstr (loft_config_get_text (config, LOFT_CONFIG_STORAGE),
                   ==,
                   "from-environment");
  g_assert_cmpstr (loft_config_get_text (config, LOFT_CONFIG_PUBLISH),
                   ==,
                   "open");
  g_assert_cmpuint (loft_config_get_number (config, LOFT_CONFIG_MAX_ENTRIES),
                    ==,
                    7);
  g_assert_cmpuint (loft_config_get_number (config, LOFT_CONFIG_MAX_WAIT),
                    ==,
                    9);
  g_assert_true (loft_config_get_boolean (config, LOFT_CONFIG_ACCESS_LOG));

  g_autofree char *origin =
    g_strconcat (fixture->file, ":4: [registry] max-entries", NULL);
  g_assert_cmpstr (loft_config_get_origin (config, LOFT_CONFIG_MAX_ENTRIES),
                   ==,
                   origin);
}

/* A mistake in the environment or in an option is named as such, and so is a
 * variable that is none of ours but looks so. */
static void
test_other_mistakes (void)
{
  static const struct
  {
    const char *variable;
    LoftConfigError code;
    const char *message;
  } rows[] = {
    { "BIND_ADDR=nowhere",
      LOFT_CONFIG_ERROR_VALUE,
      "BIND_ADDR: “nowhere” is not an address and a port, such as "
      "127.0.0.1:3030 or [::1]:3030" },
    { "LOFT_REGISTRY_MAX_RATIO=0",
      LOFT_CONFIG_ERROR_VALUE,
      "LOFT_REGISTRY_MAX_RATIO: “0” is not a number from 1 to 2000" },
    { "LOFT_REGISTRY_PUBLSH=open",
      LOFT_CONFIG_ERROR_UNKNOWN,
      "LOFT_REGISTRY_PUBLSH: There is no such environment variable" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      const char *environment[] = { rows[i].variable, NULL };

      g_assert_null (loft_config_load ("/dev/null", environment, NULL, &error));
      g_assert_error (error, LOFT_CONFIG_ERROR, (int) rows[i].code);
      g_assert_cmpstr (error->message, ==, rows[i].message);
    }

  g_autoptr (GError) error = NULL;
  const char *options[LOFT_CONFIG_N_KEYS] = { [LOFT_CONFIG_STORAGE] = "" };

  g_assert_null (loft_config_load ("/dev/null", NULL, options, &error));
  g_assert_error (error, LOFT_CONFIG_ERROR, LOFT_CONFIG_ERROR_VALUE);
  g_assert_true (g_str_has_prefix (error->message, "--storage: "));
}

/* The storage names its backend, which is given its own group as it is. */
static void
test_backend (Fixture *fixture, gconstpointer test_data)
{
  static const struct
  {
    const char *storage;
    const char *backend;
    const char *root;
  } rows[] = {
    { "some/dir", "filesystem", "some/dir" },
    { "odd:name", "filesystem", "odd:name" },
    { "file:///srv/a%20b", "filesystem", "/srv/a b" },
    { "quux://bucket", "quux", NULL },
  };

  write_file (fixture, "[quux]\nany-thing = some thing\n", -1);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      const char *options[LOFT_CONFIG_N_KEYS] = {
        [LOFT_CONFIG_STORAGE] = rows[i].storage,
      };
      g_autoptr (LoftConfig) config = loft_config_load (
        g_str_equal (rows[i].backend, "quux") ? fixture->file : "/dev/null",
        NULL,
        options,
        &error);
      g_assert_no_error (error);

      g_autofree char *backend = loft_config_get_backend (config);
      GKeyFile *key_file = loft_config_get_key_file (config);
      g_autofree char *root =
        g_key_file_get_string (key_file, "filesystem", "Root", NULL);
      g_autofree char *storage =
        g_key_file_get_string (key_file, "registry", "storage", NULL);

      g_assert_cmpstr (backend, ==, rows[i].backend);
      g_assert_cmpstr (root, ==, rows[i].root);
      g_assert_cmpstr (storage, ==, rows[i].storage);
      if (g_str_equal (backend, "quux"))
        {
          g_autofree char *thing =
            g_key_file_get_string (key_file, "quux", "any-thing", NULL);
          g_assert_cmpstr (thing, ==, "some thing");
        }
    }
}

/* What is printed is a file that gives the same configuration. */
static void
test_print (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  const char *options[LOFT_CONFIG_N_KEYS] = {
    [LOFT_CONFIG_LISTEN] = "127.0.0.1:1,[::1]:2",
    [LOFT_CONFIG_VERBOSE] = "yes",
    [LOFT_CONFIG_MAX_TARBALL_SIZE] = "3 MiB",
  };
  g_autoptr (LoftConfig) config =
    loft_config_load ("/dev/null", NULL, options, &error);
  g_assert_no_error (error);

  g_autofree char *text = loft_config_print (config);
  write_file (fixture, text, -1);
  g_autoptr (LoftConfig) again =
    loft_config_load (fixture->file, NULL, NULL, &error);
  g_assert_no_error (error);

  for (guint i = 0; i < LOFT_CONFIG_N_KEYS; i++)
    g_assert_true (loft_config_is_same (config, again, i));
}

/* What is handed to another process is all of it, and nothing that only that
 * process's files or variables would say. */
static void
test_data (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  const char *options[LOFT_CONFIG_N_KEYS] = {
    [LOFT_CONFIG_STORAGE] = "/tmp/a \\ b; c=\xc3\xa9 #d",
    [LOFT_CONFIG_RESERVED_NAMES] = "one, two; three",
    [LOFT_CONFIG_WORKERS] = "7",
  };

  write_file (fixture,
              "[registry]\npublish=open\n"
              "[filesystem]\nSecret= a \\s\\n;=#b\n",
              -1);
  g_autoptr (LoftConfig) config =
    loft_config_load (fixture->file, NULL, options, &error);
  g_assert_no_error (error);
  g_autofree char *data = loft_config_to_data (config);
  g_autoptr (LoftConfig) again = loft_config_new_from_data (data, &error);
  g_assert_no_error (error);

  for (guint i = 0; i < LOFT_CONFIG_N_KEYS; i++)
    g_assert_true (loft_config_is_same (config, again, i));

  static const char *const keys[] = { "Root", "Secret" };
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autofree char *ours =
        g_key_file_get_string (loft_config_get_key_file (config),
                               "filesystem",
                               keys[i],
                               &error);
      g_assert_no_error (error);
      g_autofree char *theirs =
        g_key_file_get_string (loft_config_get_key_file (again),
                               "filesystem",
                               keys[i],
                               &error);
      g_assert_no_error (error);
      g_assert_cmpstr (ours, ==, theirs);
    }

  g_assert_null (loft_config_new_from_data ("[registry]\n", &error));
  g_assert_nonnull (error);
}

/* Whatever bytes a file holds, reading it ends in a configuration or an error.
 */
static void
test_noise (Fixture *fixture, gconstpointer test_data)
{
  static const char *const pieces[] = {
    "[",      "]",           "=",    "\n", "#",        "registry",
    "http",   "\\",          "\xc3", "\t", "publish",  "open",
    "listen", "127.0.0.1:0", " ",    "\r", "[http]\n", "\\s",
  };

  for (guint round = 0; round < 500; round++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (GError) error = NULL;
      guint n_pieces = g_test_rand_int_range (1, 20);

      for (guint i = 0; i < n_pieces; i++)
        g_string_append (
          text,
          pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);

      write_file (fixture, text->str, text->len);
      g_autoptr (LoftConfig) config =
        loft_config_load (fixture->file, NULL, NULL, &error);
      g_assert_true ((config == NULL) == (error != NULL));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, setup, func, teardown)

  g_test_add_func ("/config/values", test_values);
  g_test_add_func ("/config/table", test_table);
  ADD ("/config/defaults", test_defaults);
  ADD ("/config/file/mistakes", test_file_mistakes);
  ADD ("/config/file/unreadable", test_file_unreadable);
  ADD ("/config/file/noise", test_noise);
  ADD ("/config/precedence", test_precedence);
  g_test_add_func ("/config/other-mistakes", test_other_mistakes);
  ADD ("/config/backend", test_backend);
  ADD ("/config/print", test_print);
  ADD ("/config/data", test_data);

#undef ADD

  return g_test_run ();
}
