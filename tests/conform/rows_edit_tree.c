/* rows_edit_tree: the file driver on formats with values inside values, each
 * in the clothes in which it is met. */
#include "conform.h"

static bool
setup(struct place *p, const char *format, const char *username,
    const char *password)
{
	char spy[PATH_MAX];

	place_set(p, "path", p->target, NULL);
	place_set(p, "format", format, NULL);
	place_set(p, "username", username, NULL);
	place_set(p, "password", password, NULL);
	place_set(p, "activate", place_here(SPY, spy), p->spy, NULL);
	return true;
}

static bool
setup_json(struct place *p)
{
	return setup(p, "json", "Mail.Smtp.User", "/Mail/Smtp/Pass~1word");
}

static bool
setup_ecs(struct place *p)
{
	return setup(p, "json",
	    "containerDefinitions.web.environment.SMTP_USER",
	    "containerDefinitions.web.environment.SMTP_PASS");
}

static bool
setup_compose(struct place *p)
{
	return setup(p, "yaml", "services.web.environment.SMTP_USER",
	    "services.web.environment.SMTP_PASS");
}

static bool
setup_kubernetes(struct place *p)
{
	return setup(p, "yaml", "spec.containers.web.env.SMTP_USER",
	    "spec.containers.web.env.SMTP_PASS");
}

static bool
setup_helm(struct place *p)
{
	return setup(p, "yaml", "smtp.auth.user", "smtp.auth.password");
}

static bool
setup_dotnet(struct place *p)
{
	return setup(p, "xml",
	    "configuration.appSettings.add[key=Smtp.User].@value",
	    "configuration.appSettings.add[key=Smtp.Pass].@value");
}

static bool
setup_spring(struct place *p)
{
	return setup(p, "xml",
	    "beans.bean[id=mailSender].property[name=username].value",
	    "beans.bean[id=mailSender].property[name=password].value");
}

static bool
setup_wordpress(struct place *p)
{
	return setup(p, "php", "SMTP_USER", "SMTP_PASS");
}

static bool
setup_laravel(struct place *p)
{
	return setup(
	    p, "php", "mailers.smtp.username", "mailers.smtp.password");
}

extern const struct row rows_edit_tree[];
const struct row rows_edit_tree[] = {
	{ .name = "file-json",
	    .driver = "file",
	    .setup = setup_json,
	    .target = "appsettings.json",
	    .text = "\xef\xbb\xbf{\r\n\t// \"User\": \"x\"\r\n\t\"Mail\": {\r\n"
		    "\t\t\"Smtp\": { \"Port\": 587, /* STARTTLS */\r\n"
		    "\t\t\t\"Pass\\/word\" : \"@P\",\r\n"
		    "\t\t\t\"User\":\"@U\",\r\n\t\t},\r\n"
		    "\t\t\"From\": \"Gr\\u00fc\xc3\x9f"
		    "e \\ud83d\\ude00\"},\r\n"
		    "\t\"User\": null,\r\n}\r\n" },
	{ .name = "file-json-ecs",
	    .driver = "file",
	    .setup = setup_ecs,
	    .target = "task.json",
	    .text = "{\"family\":\"f\",\"containerDefinitions\":[\n"
		    " {\"name\":\"log\",\"environment\":[]},\n"
		    " {\"name\":\"web\",\"environment\":[\n"
		    "  {\"name\":\"SMTP_USER\",\"value\":\"@U\"},\n"
		    "  {\"value\":\"@P\",\"name\":\"SMTP_PASS\"}]}]}" },
	{ .name = "file-yaml-compose",
	    .driver = "file",
	    .setup = setup_compose,
	    .target = "compose.yaml",
	    .text = "\xef\xbb\xbf# f\xc3\xbcr alle\r\nservices:\r\n"
		    "  db: {image: 'db', environment: [SMTP_USER=x]}\r\n"
		    "  web:\r\n    image: \"web:1\"   # \xf0\x9f\x93\xa7\r\n"
		    "    environment:\r\n      - A=b c\r\n"
		    "      - SMTP_USER=@U   # id\r\n"
		    "      - 'SMTP_PASS=@P'\r\n"
		    "      - SMTP_HOST\r\n" },
	{ .name = "file-yaml-kubernetes",
	    .driver = "file",
	    .setup = setup_kubernetes,
	    .target = "pod.yaml",
	    .text = "kind: ConfigMap\ndata:\n  note: |\n    SMTP_USER: x\n---\n"
		    "kind: Pod\nspec:\n  containers:\n  - name: web\n"
		    "    env:\n    - name: SMTP_USER\n      value: @U\n"
		    "    - {value: \"@P\", name: SMTP_PASS}\n"
		    "    - name: OTHER\n      valueFrom: {fieldRef: {}}\n" },
	{ .name = "file-yaml-helm",
	    .driver = "file",
	    .setup = setup_helm,
	    .target = "values.yaml",
	    .text = "smtp: &mail\n  port: 587\n  auth:\n"
		    "    # user: x\n    user:   '@U'\n    password: @P\n"
		    "worker:\n  smtp:\n    <<: *mail\n" },
	{ .name = "file-xml-dotnet",
	    .driver = "file",
	    .setup = setup_dotnet,
	    .target = "web.config",
	    .text = "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
		    "<!-- <add key=\"Smtp.User\" value=\"x\"/> -->\r\n"
		    "<configuration>\r\n\t<appSettings>\r\n"
		    "\t\t<add key=\"Smtp.User\"\r\n\t\t     value=\"@U\" />\r\n"
		    "\t\t<add value='@P' key='Smtp.Pass'></add>\r\n"
		    "\t\t<add key=\"Title\" value=\"A &amp; B &#252;\"/>\r\n"
		    "\t</appSettings>\r\n</configuration>\r\n" },
	{ .name = "file-xml-spring",
	    .driver = "file",
	    .setup = setup_spring,
	    .target = "beans.xml",
	    .text =
		"<?xml version=\"1.0\"?>\n"
		"<!DOCTYPE beans SYSTEM \"http://x/spring-beans.dtd\">\n"
		"<beans xmlns:p=\"http://x/p\">\n <bean id=\"other\">\n"
		"  <property name=\"username\"><value>x</value></property>\n"
		" </bean>\n <bean id=\"mailSender\" p:port=\"587\">\n"
		"  <property name=\"username\"><value>@U</value>"
		"</property>\n  <property name=\"password\">\n"
		"   <value><![CDATA[@P]]></value>\n  </property>\n"
		" </bean>\n</beans>\n" },
	{ .name = "file-php-wordpress",
	    .driver = "file",
	    .setup = setup_wordpress,
	    .target = "wp-config.php",
	    .text = "<?php\r\n/** define( 'SMTP_USER', 'x' ); */\r\n"
		    "# define( 'SMTP_USER', 'x' );\r\n"
		    "define( 'DB_PASSWORD', 'it\\'s' );\r\n"
		    "define('SMTP_USER', '@U'); // id\r\n"
		    "define( \"SMTP_PASS\", \"@P\" );\r\n"
		    "if ( ! defined( 'ABSPATH' ) ) {\r\n"
		    "\tdefine( 'ABSPATH', __DIR__ . '/' );\r\n}\r\n"
		    "$text = <<<EOT\r\ndefine('SMTP_PASS', 'x');\r\nEOT;\r\n"
		    "?>\r\n<b>define('SMTP_PASS', 'x');</b>\r\n" },
	{ .name = "file-php-array",
	    .driver = "file",
	    .setup = setup_laravel,
	    .target = "mail.php",
	    .text =
		"<?php\n\nreturn [\n    'default' => env('MAIL', 'smtp'),\n"
		"    'mailers' => [\n        'log' => array('x', \"y $z\"),\n"
		"        'smtp' => [\n            'port' => 587, // STARTTLS\n"
		"            'username' => '@U',\n"
		"            \"password\" => \"@P\",\n        ],\n    ],\n"
		"];\n" },
	{ .name = NULL },
};
