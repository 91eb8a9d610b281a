/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/words-kit.h"
#include "pages/loft-html.h"
#include "pages/loft-template.h"
#include "pages/loft-words-private.h"
#include "registry/loft-json.h"

#include <string.h>

static char *
load_cb (const char *name, gpointer user_data, GError **error)
{
  if (g_str_equal (name, "part"))
    return g_strdup ("<i>{{name}}</i>");
  if (g_str_equal (name, "itself"))
    return g_strdup ("{{include itself}}");
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "No %s", name);

  return NULL;
}

static char *
fill (const char *text, const LoftWords *words, const char *json)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftTemplate) template =
    loft_template_new (text, load_cb, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (JsonNode) values = loft_json_parse (json, strlen (json), &error);
  g_assert_no_error (error);
  g_autoptr (LoftHtml) html =
    loft_template_fill (template, words, json_node_get_object (values), NULL);

  return g_strdup (loft_html_get_text (html));
}

typedef struct
{
  const char *name;
  const char *template;
  const char *values;
  const char *html;
} FillCase;

static const FillCase fill_cases[] = {
  { "plain", "<p>x</p>", "{}", "<p>x</p>" },
  { "value", "<p>{{a}}</p>", "{\"a\":\"x\"}", "<p>x</p>" },
  { "space", "{{ a }}", "{\"a\":\"x\"}", "x" },
  { "number", "{{a}}", "{\"a\":12}", "12" },
  { "missing", "<p>{{a}}</p>", "{}", "<p></p>" },
  { "null", "<p>{{a}}</p>", "{\"a\":null}", "<p></p>" },
  { "object", "<p>{{a}}</p>", "{\"a\":{}}", "<p></p>" },
  { "missing-below", "{{a.b.c}}", "{\"a\":{\"b\":1}}", "" },
  { "below", "{{a.b}}", "{\"a\":{\"b\":\"x\"}}", "x" },
  { "text",
    "{{a}}",
    "{\"a\":\"<b onclick='x'>&amp;\\\"\"}",
    "&lt;b onclick=&#39;x&#39;&gt;&amp;amp;&quot;" },
  { "attribute",
    "<p title=\"{{a}}\"></p>",
    "{\"a\":\"\\\"><script>'&\"}",
    "<p title=\"&quot;&gt;&lt;script&gt;&#39;&amp;\"></p>" },
  { "no-template", "{{a}}", "{\"a\":\"{{b}}\",\"b\":\"x\"}", "{{b}}" },
  { "override",
    "{{a}}",
    "{\"a\":\"x\\u202eexe\\u2066\"}",
    "x\xef\xbf\xbd"
    "exe\xef\xbf\xbd" },
  { "control",
    "{{a}}",
    "{\"a\":\"a\\u0001\\t\\u0085\\ufffe\"}",
    "a\xef\xbf\xbd\t\xef\xbf\xbd\xef\xbf\xbd" },
  { "url",
    "<a href=\"{{a}}\">x</a>",
    "{\"a\":\"HTTPS://x/?a=1&b=2\"}",
    "<a href=\"HTTPS://x/?a=1&amp;b=2\">x</a>" },
  { "url-relative",
    "<a href=\"{{a}}\">x</a>",
    "{\"a\":\"../a/b#c\"}",
    "<a href=\"../a/b#c\">x</a>" },
  { "script-named",
    "<script src=\"s/{{a}}\"></script>{{a}}",
    "{\"a\":\"</script>\"}",
    "<script src=\"s/%3C%2Fscript%3E\"></script>&lt;/script&gt;" },
  { "url-script",
    "<a href=\"{{a}}\">x</a>",
    "{\"a\":\"javascript:alert(1)\"}",
    "<a href=\"#\">x</a>" },
  { "url-script-tab",
    "<a href=\"{{a}}\">x</a>",
    "{\"a\":\"java\\tscript:alert(1)\"}",
    "<a href=\"#\">x</a>" },
  { "url-script-space",
    "<a href=\"{{a}}\">x</a>",
    "{\"a\":\" javascript:alert(1)\"}",
    "<a href=\"#\">x</a>" },
  { "url-data",
    "<a href=\"{{a}}\">x</a>",
    "{\"a\":\"data:text/html,x\"}",
    "<a href=\"#\">x</a>" },
  { "url-network",
    "<a href=\"{{a}}\">x</a>",
    "{\"a\":\"//x.example\"}",
    "<a href=\"#\">x</a>" },
  { "url-backslash",
    "<a href=\"{{a}}\">x</a>",
    "{\"a\":\"/\\\\x.example\"}",
    "<a href=\"#\">x</a>" },
  { "url-no-host",
    "<a href=\"{{a}}\">x</a>",
    "{\"a\":\"https:///x\"}",
    "<a href=\"#\">x</a>" },
  { "url-quote",
    "<a href=\"{{a}}\">x</a>",
    "{\"a\":\"https://x/\\\"<>\"}",
    "<a href=\"https://x/%22%3C%3E\">x</a>" },
  { "url-part",
    "<a href=\"p/{{a}}?b={{b}}\">x</a>",
    "{\"a\":\"../x\",\"b\":\"c&d=javascript:\"}",
    "<a href=\"p/..%2Fx?b=c%26d%3Djavascript%3A\">x</a>" },
  { "url-after",
    "<a href=\"{{a}}{{b}}\">x</a>",
    "{\"a\":\"\",\"b\":\"javascript:x\"}",
    "<a href=\"javascript%3Ax\">x</a>" },
  { "if", "{{if a}}x{{end}}", "{\"a\":\"y\"}", "x" },
  { "if-not", "{{if a}}x{{else}}z{{end}}", "{\"a\":\"\"}", "z" },
  { "if-false", "{{if a}}x{{end}}", "{\"a\":false}", "" },
  { "if-zero", "{{if a}}x{{end}}", "{\"a\":0}", "x" },
  { "if-empty", "{{if a}}x{{end}}", "{\"a\":[]}", "" },
  { "if-attribute",
    "<p {{if a}}hidden {{end}}></p>",
    "{\"a\":true}",
    "<p hidden ></p>" },
  { "if-class",
    "<p class=\"a{{if b}} b{{end}}\"></p>",
    "{\"b\":true}",
    "<p class=\"a b\"></p>" },
  { "each",
    "<ul>{{each a}}<li>{{.}}</li>{{end}}</ul>",
    "{\"a\":[\"<\",2]}",
    "<ul><li>&lt;</li><li>2</li></ul>" },
  { "each-none", "{{each a}}x{{else}}none{{end}}", "{}", "none" },
  { "each-no-array", "{{each a}}x{{end}}", "{\"a\":\"b\"}", "" },
  { "each-outer",
    "{{each a}}{{b}}{{c}};{{end}}",
    "{\"a\":[{\"b\":1},{\"b\":2,\"c\":4}],\"c\":3}",
    "13;24;" },
  { "nested",
    "{{each a}}{{each b}}{{if .}}{{.}}{{c}}{{end}}{{end}}|{{end}}",
    "{\"a\":[{\"b\":[1,2],\"c\":\"x\"},{\"b\":[]},{\"b\":[3]}]}",
    "1x2x||3|" },
  { "include",
    "<p>{{include part}}</p>",
    "{\"name\":\"&\"}",
    "<p><i>&amp;</i></p>" },
  { "lines", "<p>\n    x\n\n  </p>\n", "{}", "<p>\nx\n</p>\n" },
  { "data",
    "<p>x</p>{{data a}}",
    "{\"a\":{\"b\":\"</script><script>'&]]>\",\"c\":[\"<!--\"]}}",
    "<p>x</p><script type=\"application/ld+json\">"
    "{\"b\":\"\\u003c/script\\u003e\\u003cscript\\u003e\\u0027\\u0026]]"
    "\\u003e\",\"c\":[\"\\u003c!--\"]}</script>" },
  { "data-unseen",
    "{{data a}}",
    "{\"a\":{\"b\":\"\\u2028\\u2029\\u202e\\u05d0\"}}",
    "<script type=\"application/ld+json\">"
    "{\"b\":\"\\u2028\\u2029\\u202e\xd7\x90\"}</script>" },
  { "data-far",
    "{{data a}}",
    "{\"a\":{\"b\":\"\\ud83f\\udffe\\ud83d\\ude00\"}}",
    "<script type=\"application/ld+json\">"
    "{\"b\":\"\\ud83f\\udffe\xf0\x9f\x98\x80\"}</script>" },
  { "data-missing", "{{data a}}", "{}", "" },
  { "data-text", "{{data a}}", "{\"a\":\"</script>\"}", "" },
  { "markup-missing", "<p>{{html a}}</p>", "{\"a\":\"<b>\"}", "<p></p>" },
};

/* A gap is filled as its place demands. */
static void
test_fill (gconstpointer test_data)
{
  const FillCase *test = test_data;
  g_autofree char *html = fill (test->template, NULL, test->values);

  g_assert_cmpstr (html, ==, test->html);
}

static const WordsKitMessage messages[] = {
  { "", "Plural-Forms: nplurals=2; plural=n != 1;\n" },
  { "Evil", "<b>&\"{{html a}}{a" },
  { "From {a} to {b}", "Bis {b} von {a} und {b}" },
  { "Open", "Offen" },
  { "So long that it takes lines", "Lang" },
  { "The newest is {link}.", "{link} ist das neueste." },
  { "verb~Open", "Auf" },
  { "{n} file|{n} files", "eine {n}|{n} viele" },
};

static const FillCase text_cases[] = {
  { "plain", "<p>{{tr Open}}</p>", "{}", "<p>Offen</p>" },
  { "context", "{{tr verb~Open}}", "{}", "Auf" },
  { "unknown", "{{tr noun~Shut & \"}}", "{}", "Shut &amp; &quot;" },
  { "lines", "{{tr So long\n    that  it takes\n lines }}", "{}", "Lang" },
  { "attribute",
    "<p title=\"{{tr Open}}\"></p>",
    "{}",
    "<p title=\"Offen\"></p>" },
  { "evil",
    "<p title=\"{{tr Evil}}\">{{tr Evil}}</p>",
    "{\"a\":\"x\"}",
    "<p title=\"&lt;b&gt;&amp;&quot;{{html a}}{a\">"
    "&lt;b&gt;&amp;&quot;{{html a}}{a</p>" },
  { "values",
    "{{tr From {a} to {b}}}",
    "{\"a\":\"<\",\"b\":12}",
    "Bis 12 von &lt; und 12" },
  { "values-attribute",
    "<p title=\"{{tr From {a} to {b}}}\"></p>",
    "{\"a\":\"\\\"\"}",
    "<p title=\"Bis  von &quot; und \"></p>" },
  { "value-no-gap", "{{tr Is {c}}}", "{\"c\":\"{a}\",\"a\":1}", "Is {a}" },
  { "one", "{{trn a|{n} file|{n} files}}", "{\"a\":1}", "eine 1" },
  { "many", "{{trn a.b|{n} file|{n} files}}", "{\"a\":{\"b\":3}}", "3 viele" },
  { "none", "{{trn a|{n} file|{n} files}}", "{}", " viele" },
  { "unknown-many", "{{trn a|{n} hat|{n} hats}}", "{\"a\":2}", "2 hats" },
  { "part",
    "{{let link}}<a href=\"{{a}}\">{{a}}</a>{{end}}{{tr The newest is "
    "{link}.}}",
    "{\"a\":\"&\"}",
    "<a href=\"&amp;\">&amp;</a> ist das neueste." },
  { "part-newest",
    "{{let link}}x{{end}}{{let link}}y{{tr Open}}{{end}}"
    "{{if a}}{{tr The newest is {link}.}}{{end}}",
    "{\"a\":true}",
    "yOffen ist das neueste." },
  { "part-each",
    "{{let link}}<i>{{.}}</i>{{end}}"
    "{{each a}}{{tr The newest is {link}.}}{{end}}",
    "{\"a\":[1,2]}",
    "<i>1</i> ist das neueste.<i>2</i> ist das neueste." },
};

/* A text is written in the language of the reader, and stays a text. */
static void
test_text (gconstpointer data)
{
  const FillCase *test = data;
  g_autoptr (GBytes) bytes =
    words_kit_make (messages, G_N_ELEMENTS (messages), FALSE);
  g_autoptr (LoftWords) words = loft_words_new ("xx", bytes);
  g_autofree char *html = fill (test->template, words, test->values);

  g_assert_cmpstr (html, ==, test->html);
}

/* Where escaping would not help, nothing can be put at all. */
static void
test_refuse (void)
{
  static const char *const templates[] = {
    "<script>x</script>",
    "<script src=\"x\">{{a}}</script>",
    "<script src=\"x\">{{if a}}</script>{{end}}",
    "<script src=\"x\"> </script>",
    "<script src=\"x\"><!-- a --></script>",
    "<script src=\"x\"><p></p></script>",
    "<script src=\"x\"/>x",
    "<script src=\"x\">",
    "<style>{{a}}</style>",
    "<iframe src=\"x\"></iframe>",
    "<svg><animate/></svg>",
    "<svg><foreignObject></foreignObject></svg>",
    "<svg><set/></svg>",
    "<svg><use/></svg>",
    "<p style=\"{{a}}\"></p>",
    "<p style=\"x\"></p>",
    "<p onclick=\"x()\"></p>",
    "<p ONCLICK=\"{{a}}\"></p>",
    "<img srcset=\"{{a}}\"/>",
    "<p title={{a}}></p>",
    "<p title='{{a}}'></p>",
    "<p title=x></p>",
    "<p title=></p>",
    "<p \"x\"></p>",
    "<p {{a}}></p>",
    "<{{a}}></p>",
    "<p title=\"{{html a}}\"></p>",
    "<p title=\"{{data a}}\"></p>",
    "<script>{{data a}}</script>",
    "<!-- {{a}} -->",
    "<a href=\"{{if a}}x{{end}}\"></a>",
    "{{if a}}<p title=\"{{end}}\"></p>",
    "{{if a}}<p {{else}}<p title=\"x\"{{end}}></p>",
    "{{if a}}<p title=\"x\"></p>",
    "{{if a}}x{{else}}y{{else}}z{{end}}",
    "{{each a}}",
    "{{end}}",
    "{{else}}",
    "{{a",
    "{{}}",
    "{{a b}}",
    "{{A}}",
    "{{raw a}}",
    "<a href=\"{{tr x}}\"></a>",
    "<p {{tr x}}></p>",
    "{{tr {a}}",
    "{{tr a|b}}",
    "{{tr a~b~c}}",
    "{{trn a|b}}",
    "{{trn a||b}}",
    "{{trn |a|b}}",
    "{{let a}}",
    "{{let a}}x{{else}}y{{end}}",
    "{{let A}}x{{end}}",
    "<p {{let a}}hidden{{end}}></p>",
    "<p title=\"{{let a}}x{{end}}\"></p>",
    "{{let a}}<p {{end}}></p>",
    "{{let a}}x{{end}}<p title=\"{{tr {a}}}\"></p>",
    "{{include none}}",
    "{{include itself}}",
    "<p title=\"x",
    "<p",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (templates); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (LoftTemplate) template =
        loft_template_new (templates[i], load_cb, NULL, &error);

      g_test_message ("%s", templates[i]);
      g_assert_null (template);
      g_assert_nonnull (error);
    }
}

/* Markup that another template has made is put as it is. */
static void
test_markup (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftTemplate) inner =
    loft_template_new ("<b>{{a}}</b>", NULL, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (LoftTemplate) outer =
    loft_template_new ("{{if a}}<p>{{html a}}</p>{{end}}{{if b}}x{{end}}",
                       NULL,
                       NULL,
                       &error);
  g_assert_no_error (error);
  g_autoptr (JsonObject) values = json_object_new ();
  g_autoptr (JsonObject) none = json_object_new ();

  json_object_set_string_member (values, "a", "<");
  g_autoptr (LoftHtml) part = loft_template_fill (inner, NULL, values, NULL);
  g_autoptr (LoftHtml) whole =
    loft_template_fill (outer, NULL, none, "a", part, "b", NULL, NULL);
  g_autoptr (GBytes) bytes = loft_html_to_bytes (whole);

  g_assert_cmpstr (loft_html_get_text (whole), ==, "<p><b>&lt;</b></p>");
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 18);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (fill_cases); i++)
    {
      g_autofree char *path =
        g_strconcat ("/template/fill/", fill_cases[i].name, NULL);

      g_test_add_data_func (path, &fill_cases[i], test_fill);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (text_cases); i++)
    {
      g_autofree char *path =
        g_strconcat ("/template/text/", text_cases[i].name, NULL);

      g_test_add_data_func (path, &text_cases[i], test_text);
    }
  g_test_add_func ("/template/refuse", test_refuse);
  g_test_add_func ("/template/markup", test_markup);

  return g_test_run ();
}
