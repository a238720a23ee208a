//! What is hidden and what stays readable, by examples; then by drawing secrets, documents and cuts by lot.

mod by_lot;

use std::time::Duration;

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
};
use serde_json::Value;

use super::{MARK, clean, cut_json, redact_json};

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nq8w==\n-----END RSA PRIVATE KEY-----";

fn redacted(json: &str) -> String {
    let (text, is_cut) = redact_json(json.as_bytes(), usize::MAX);
    assert!(!is_cut);
    text.into_owned()
}

#[test]
fn secrets_in_text_are_hidden() {
    let key_in_one_line = KEY.replace('\n', "\\n");
    let cases: &[(&str, &str)] = &[
        // By shape.
        ("Authorization: Bearer abc.def-123", "Authorization: [redacted]"),
        ("sent bearer abcDEF123456 to it", "sent bearer [redacted] to it"),
        ("sent Basic dXNlcjpodW50ZXIy to it", "sent Basic [redacted] to it"),
        (
            "curl -H \"Authorization: Basic dXNlcjpodW50ZXIy\" http://x/",
            "curl -H \"Authorization: [redacted]\" http://x/",
        ),
        ("bad key sk-proj-abcDEF1234567890abcd!", "bad key [redacted]!"),
        ("sk-ant-api03-abcDEF1234567890abcd", MARK),
        ("(ghp_abcdefghijklmnopqrstuvwxyz0123456789)", "([redacted])"),
        ("github_pat_11ABCDEFG0abcdefghijkl_mnop", MARK),
        ("glpat-abcDEF1234567890abcd", MARK),
        ("xoxb-123456789012-abcdefABCDEF", MARK),
        ("id AKIAIOSFODNN7EXAMPLE", "id [redacted]"),
        ("AIzaSyA1234567890abcdefghijklmnopqrstuv", MARK),
        ("npm_abcdefghijklmnopqrstuvwxyz0123456789", MARK),
        ("hf_abcdefghijklmnopqrstuvwxyzABCDEFGH", MARK),
        ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", MARK),
        ("SG.abcDEF1234567890abcdef.abcDEF1234567890abcdef", MARK),
        ("dop_v1_0123456789abcdef0123456789abcdef", MARK),
        ("ya29.a0AfH6SMBx1234567890", MARK),
        ("tracon_0123456789abcdefABCDEF", MARK),
        (JWT, MARK),
        ("eyJhbGciOiJIUzI1NiJ9", MARK),
        (KEY, MARK),
        (&KEY[..50], MARK),
        (&key_in_one_line, MARK),
        ("postgres://tracon:hunter2@db:5432/x", "postgres://tracon:[redacted]@db:5432/x"),
        ("redis://:hunter2@db", "redis://:[redacted]@db"),
        ("at postgres://a:hunt/er?#@2@db/x, too", "at postgres://a:[redacted]@db/x, too"),
        ("root:hunter2@tcp(db:3306)/x", "root:[redacted]@tcp(db:3306)/x"),
        ("paid with 4111 1111 1111 1111.", "paid with [redacted]."),
        ("card=5555555555554444", "card=[redacted]"),
        // By name.
        ("password=hunter2", "password=[redacted]"),
        ("Password: hunter2, user: x", "Password: [redacted], user: x"),
        ("password=hun,ter;2 and", "password=[redacted] and"),
        ("Server=db;Uid=sa;Pwd=hunter2;Encrypt=yes", "Server=db;Uid=sa;Pwd=[redacted];Encrypt=yes"),
        ("host=db password='hunter 2' dbname=x", "host=db password='[redacted]' dbname=x"),
        ("?a=b&api_key=hunter2&c=d", "?a=b&api_key=[redacted]&c=d"),
        ("https://x/?access_token=hunter2#y", "https://x/?access_token=[redacted]"),
        ("OPENAI_API_KEY = hunter2", "OPENAI_API_KEY = [redacted]"),
        ("API key: hunter2", "API key: [redacted]"),
        ("X-Api-Key: hunter2\r\nHost: x", "X-Api-Key: [redacted]\r\nHost: x"),
        ("Cookie: a=b; sid=hunter2\nHost: x", "Cookie: [redacted]\nHost: x"),
        ("Set-Cookie: sid=hunter2; Path=/; HttpOnly", "Set-Cookie: [redacted]"),
        ("{\"password\": \"hunter2\", \"a\": 1}", "{\"password\": \"[redacted]\", \"a\": 1}"),
        (r#"{\"password\":\"hunter2\"}"#, r#"{\"password\":\"[redacted]\"}"#),
        (r#"{\\\"password\\\":\\\"hunter 2\\\"}"#, r#"{\\\"password\\\":\\\"[redacted]\\\"}"#),
        (r#"{"pass\u0077ord":"hunter2"}"#, r#"{"pass\u0077ord":"[redacted]"}"#),
        ("{'secret': 'hunter2'}", "{'secret': '[redacted]'}"),
        ("env[\"TOKEN\"] = \"hunter2\"", "env[\"TOKEN\"] = \"[redacted]\""),
        ("\"credentials\": {\"a\": [\"x}\", 2]}, 3", "\"credentials\": [redacted], 3"),
        ("Config { password: Some(\"hunter 2\"), port: 1 }", "Config { password: [redacted], port: 1 }"),
        ("run --token hunter2 --verbose", "run --token [redacted] --verbose"),
        ("run --client-secret=hunter2 -v", "run --client-secret=[redacted] -v"),
        ("<Password>hunter2</Password>", "<Password>[redacted]</Password>"),
        ("**Password:** hunter2", "**Password:** [redacted]"),
        ("\"password\":\n  \"hunter2\"", "\"password\":\n  \"[redacted]\""),
        ("\"password\": \"hunt", "\"password\": \"[redacted]"),
        ("SMTP_PASS=hunter2", "SMTP_PASS=[redacted]"),
        // By a name that is a value itself.
        (r#"{"name":"DB_PASSWORD","value":"hunter2"}"#, r#"{"name":"DB_PASSWORD","value":"[redacted]"}"#),
        (r#"{\"key\":\"API key\",\"val\":\"hun\\\"ter2\"}"#, r#"{\"key\":\"API key\",\"val\":\"[redacted]\"}"#),
        (
            r#"{\\\"env\\\":\\\"PWD\\\",\\n  \\\"value\\\":\\\"hunter 2\\\"}"#,
            r#"{\\\"env\\\":\\\"PWD\\\",\\n  \\\"value\\\":\\\"[redacted]\\\"}"#,
        ),
        (
            "{\n  \"header\" : \"Authorization\",\n  \"n\": [1, {}],\n  \"on\": true,\n  \"Value\": \"hunter2\"\n}",
            "{\n  \"header\" : \"Authorization\",\n  \"n\": [1, {}],\n  \"on\": true,\n  \"Value\": \"[redacted]\"\n}",
        ),
        (
            r#"{"name":"A_TOKEN","pwd":"b","value":{"x":"hunter2"}} {"name":"x","value":1}"#,
            r#"{"name":"A_TOKEN","pwd":"[redacted]","value":[redacted]} {"name":"x","value":1}"#,
        ),
        (r#"{"name":"A_TOKEN","value":123456}"#, r#"{"name":"A_TOKEN","value":[redacted]}"#),
        (r#"{"name":"A_TOKEN","value":"hunt"#, r#"{"name":"A_TOKEN","value":"[redacted]"#),
        ("{'name': 'A_TOKEN', 'value': 'hunter2'}", "{'name': 'A_TOKEN', 'value': '[redacted]'}"),
        (r#"["--user","a","--password", "hunter2"]"#, r#"["--user","a","--password", "[redacted]"]"#),
        (r#"[\n \"--password\",\n \"hunter2\"\n]"#, r#"[\n \"--password\",\n \"[redacted]\"\n]"#),
        (r#"{"value":"hunter2","variable":"DB_PASSWORD"}"#, r#"{"value":"[redacted]","variable":"DB_PASSWORD"}"#),
        (
            r#"{\"value\" : \"\\\"hunter2\\\\\",\n \"on\":true, \"name\": \"PWD\"\n}"#,
            r#"{\"value\" : \"[redacted]\",\n \"on\":true, \"name\": \"PWD\"\n}"#,
        ),
        (
            r#"{\"value\":{\"a\":[\"}hunter2\"]},\"b\":[{\"value\":1}],\"name\":\"PWD\"}"#,
            r#"{\"value\":[redacted],\"b\":[{\"value\":1}],\"name\":\"PWD\"}"#,
        ),
        (r#"{"value":"hunter2","name":"PWD","val":null}"#, r#"{"value":"[redacted]","name":"PWD","val":null}"#),
        (r#"{"value":123456,"name":"A_TOKEN","x":1}"#, r#"{"value":[redacted],"name":"A_TOKEN","x":1}"#),
    ];
    for (text, cleaned) in cases {
        assert_eq!(clean(text), *cleaned, "{text}");
        assert_eq!(clean(cleaned), *cleaned, "cleaned again: {text}");
    }
}

#[test]
fn what_is_no_secret_stays_readable() {
    for (text, why) in [
        ("tokens: 512", "a quantity"),
        ("\"max_tokens\": 4096, \"tokens\": [1, 2]", "quantities"),
        ("total_tokens=1200, token count: 7", "quantities"),
        ("the token was rejected", "no value"),
        ("Unexpected token: '}' at line 3", "a parser's message"),
        ("Unexpected token < in JSON at position 0", "a parser's message"),
        ("password is required", "no value"),
        ("password: required", "a state"),
        ("using password: YES", "a state"),
        ("token: null, secret: false", "no value"),
        ("fn parse(token: &str)", "a type"),
        ("token::Token, Secret::new()", "paths of Rust"),
        ("Vec<Token> and Option<Secret> x", "types of Rust"),
        ("usage: login --user <USER> --max-tokens 5", "no secret"),
        ("monkey: banana, author: Ada, keyboard: qwerty", "only sound like it"),
        ("primary_key: id, key: value, keys = 3", "keys that open nothing"),
        ("550e8400-e29b-41d4-a716-446655440000", "a UUID"),
        ("commit 9fceb02d0ae598e95dc970b74767f19372d61af8", "a hash of git"),
        ("https://example.com:8080/a@b?x=1:2@3", "a port"),
        ("https://medium.com/@user/a:b@c", "no user information"),
        ("ssh://git@github.com/x/y", "a user without a password"),
        ("mailto:a@b.c, a::b://", "no URL"),
        ("basic authentication, bearer authentication", "words"),
        ("class=\"sk-loading-spinner-wrapper\" task-manager-for-everything-1", "no tokens"),
        ("Asia, Akiabara, eyJust, msg.field", "parts of words"),
        ("eyJpZCI6MX0", "a cursor: JSON in base64, and no JWT"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "public"),
        ("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----", "public"),
        ("PASS: src/a.test.ts, auth: ok", "a report"),
        ("sessionId: abc, next_page_token: abc123", "ids and cursors"),
        (r#"{"name":"token_count","value":5},{"value":"a","key":"password_policy"}"#, "names of no secrets"),
        (r#"{"name":"API_KEY","value":null},{"value":"","name":"API_KEY"}"#, "no values"),
        (r#"{"name":"API_KEY"},{"value":"a"},{"value":"b"},{"name":"API_KEY"}"#, "other objects"),
        (r#"{"name":"API_KEY","key":"a","value":"b"},{"a":{"value":"b"},"name":"API_KEY"}"#, "the value of another"),
        (r#"{"title":"password","value":"a"},{"value":"a","title":"password"}"#, "a name of nothing"),
        (r#"{"name":"password","type":"string"},{"names":["token","a"],"value":1}"#, "fields without values"),
        (r#""a" or "password", "b" and {"a":"--token","b":"c"}"#, "words and values"),
        (r#"options = ["--user", "--password", "--verbose"] ("--token", "-t")"#, "options without values"),
        ("1767971234567 0.4532015112830366 3.14", "numbers"),
        ("C:\\new\\table\\users and \\d+", "backslashes"),
        ("", "nothing"),
    ] {
        assert_eq!(clean(text), text, "{why}");
        assert!(matches!(clean(text), std::borrow::Cow::Borrowed(_)));
    }
}

#[test]
fn secrets_in_json_are_hidden() {
    for (json, expected) in [
        (r#"{ "password" : "hunter2" , "a" : [ 1 , true ] }"#, r#"{"password":"[redacted]","a":[1,true]}"#),
        (r#"{"a":[{"Client-Secret":{"x":["y"]}}]}"#, r#"{"a":[{"Client-Secret":"[redacted]"}]}"#),
        (r#"{"apiKey":123,"token":null,"secret":true}"#, r#"{"apiKey":"[redacted]","token":null,"secret":true}"#),
        (r#"{"pass\u0077ord":"hunter2"}"#, r#"{"pass\u0077ord":"[redacted]"}"#),
        (r#"{"tokens":{"input":5,"access":"abc"}}"#, r#"{"tokens":{"input":5,"access":"[redacted]"}}"#),
        (r#"{"max_tokens":"4096","tokens":[1,2]}"#, r#"{"max_tokens":"4096","tokens":[1,2]}"#),
        (r#"[{"name":"API_KEY","value":"hunter2"}]"#, r#"[{"name":"API_KEY","value":"[redacted]"}]"#),
        (
            r#"[{"name":"API_KEY","value":"a1","pwd":"b"},{"name":"x","value":"2"},{"name":"API_KEY","pwd":"c","value":"d"}]"#,
            r#"[{"name":"API_KEY","value":"[redacted]","pwd":"[redacted]"},{"name":"x","value":"2"},{"name":"API_KEY","pwd":"[redacted]","value":"[redacted]"}]"#,
        ),
        (r#"[{"name":"API_KE\u0059","value":"hunter2"}]"#, r#"[{"name":"API_KE\u0059","value":"[redacted]"}]"#),
        (
            r#"{"value": "hunter2", "variable": "DB_PASSWORD", "x": 1}"#,
            r#"{"value":"[redacted]","variable":"DB_PASSWORD","x":1}"#,
        ),
        (
            r#"{"val":{"x":["hunter2"]},"a":[{}],"n\u0061me":"x","key":"API_KEY"}"#,
            r#"{"val":"[redacted]","a":[{}],"n\u0061me":"x","key":"API_KEY"}"#,
        ),
        (
            r#"[{"value":1,"name":"token_count"},{"value":"a","name":"x"},{"value":"a","title":"pwd"},{"name":"pwd"}]"#,
            r#"[{"value":1,"name":"token_count"},{"value":"a","name":"x"},{"value":"a","title":"pwd"},{"name":"pwd"}]"#,
        ),
        (r#"["--password","hunter2","x"]"#, r#"["--password","[redacted]","x"]"#),
        (r#"{"card":4111111111111111}"#, r#"{"card":"[redacted]"}"#),
        (
            r#"{"content":[{"type":"text","text":"{\"password\":\"hunter2\",\"n\":1}"}]}"#,
            r#"{"content":[{"type":"text","text":"{\"password\":\"[redacted]\",\"n\":1}"}]}"#,
        ),
        (
            r#"{"content":[{"type":"text","text":"[{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2\"}]"}]}"#,
            r#"{"content":[{"type":"text","text":"[{\"name\":\"DB_PASSWORD\",\"value\":\"[redacted]\"}]"}]}"#,
        ),
        (
            r#"{"text":"{\"value\":\"hunter2\",\"variable\":\"DB_PASSWORD\"} [\"--token\",\"hunter2\"]"}"#,
            r#"{"text":"{\"value\":\"[redacted]\",\"variable\":\"DB_PASSWORD\"} [\"--token\",\"[redacted]\"]"}"#,
        ),
        (r#"{"text":"a\npassword: hunter2\nb"}"#, r#"{"text":"a\npassword: [redacted]\nb"}"#),
        (r#"{"u":"postgres:\/\/a:hunter2@db"}"#, r#"{"u":"postgres:\/\/a:[redacted]@db"}"#),
        (r#"{"sk-abcDEF1234567890abcd":1}"#, r#"{"[redacted]":1}"#),
        (r#""\u0070assword=hunter2""#, r#""\u0070assword=[redacted]""#),
    ] {
        assert_eq!(redacted(json), expected);
        assert_eq!(redacted(expected), expected);
    }
}

#[test]
fn a_result_is_read_once_where_it_says_the_same_twice() {
    let result = |text: &str, content: &str| {
        format!(r#"{{"content":[{{"text":{},"type":"text"}}],"structuredContent":{content}}}"#, Value::from(text))
    };
    let harmless = r#"{"note":"a \"b\" \\ ü","count":1}"#;
    assert_eq!(redacted(&result(harmless, harmless)), result(harmless, harmless));
    // As text, brackets behind `tokens` would be a value. They are shown beside it.
    let brackets = r#"{"tokens":{}}"#;
    assert_eq!(redacted(&result(brackets, brackets)), result(brackets, brackets));
    assert_eq!(redacted(&result(brackets, "{}")), result(r#"{"tokens":[redacted]}"#, "{}"));

    let other_way_round =
        format!(r#"{{"structuredContent":{brackets},"content":[{{"text":{}}}]}}"#, Value::from(brackets));
    assert_eq!(redacted(&other_way_round), other_way_round);
    let hidden_before = r#"{"tokens":{},"password":"[redacted]"}"#;
    assert_eq!(redacted(&result(hidden_before, hidden_before)), result(hidden_before, hidden_before));

    let secret = r#"{"password":"hunter2"}"#;
    let hidden = r#"{"password":"[redacted]"}"#;
    assert_eq!(redacted(&result(secret, secret)), result(hidden, hidden));
    assert_eq!(redacted(&result(secret, harmless)), result(hidden, harmless));
    // A part of the one is not the other.
    assert_eq!(
        redacted(&result(&format!("{harmless}password=hunter2"), harmless)),
        result(&format!("{harmless}password=[redacted]"), harmless)
    );
    // Where it stands under a secret's name, it is hidden.
    let nested = format!(r#"{{"secret":{{"structuredContent":{harmless}}}}}"#);
    assert_eq!(redacted(&nested), r#"{"secret":"[redacted]"}"#);
    let tokens = r#"{"tokens":{"structuredContent":{"access":"abc"}}}"#;
    assert_eq!(redacted(tokens), r#"{"tokens":{"structuredContent":{"access":"[redacted]"}}}"#);
}

#[test]
fn harmless_json_is_only_made_compact() {
    let json = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"ü \"q\" \\ \u00e4 1767971234567"}],
        "usage":{"max_tokens":4096,"token_count":1},"author":{"authorId":"a"},"key":"k","primary_key":[],"x":-1.5e+3}}"#;
    assert_eq!(redacted(json), json.replace("\n        ", ""));
    assert_eq!(redact_json(json.as_bytes(), 10), ("{\"jsonrpc\"".into(), true));
}

#[test]
fn what_is_not_json_is_cleaned_as_text() {
    for (json, expected) in [
        ("password=hunter2", "password=[redacted]"),
        ("{\"password\":\"hunter2\"", "{\"password\":\"[redacted]\""),
        ("{\"password\":\"hunt", "{\"password\":\"[redacted]"),
        ("{\"token\":[\"hunter2\",", "{\"token\":[redacted]"),
        ("{\"a\":1}{\"secret\":\"hunter2\"}", "{\"a\":1}{\"secret\":\"[redacted]\"}"),
        ("{\"a\":1,}", "{\"a\":1,}"),
        ("[1 2]", "[1 2]"),
        ("nul", "nul"),
        ("", ""),
    ] {
        assert_eq!(redacted(json), expected);
    }
    assert_eq!(
        redact_json(b"{\"token\":\"hunter2\",\"a\":\"\xff\"}", 99).0,
        "{\"token\":\"[redacted]\",\"a\":\"\u{fffd}\"}"
    );
}

#[test]
fn the_cut_is_between_letters() {
    assert_eq!(cut_json("aäb".as_bytes(), 2), ("a".into(), true));
    assert_eq!(cut_json("aäb".as_bytes(), 4), ("aäb".into(), false));
    assert_eq!(cut_json(b"a\xffb", 4), ("a\u{fffd}".into(), true));
    assert_eq!(cut_json(b"", 0), ("".into(), false));
    assert_eq!(redact_json("\"aäb\"".as_bytes(), 3), ("\"a".into(), true));
    assert_eq!(redact_json(b"[1]", 0), ("".into(), true));
}

#[test]
fn a_long_text_is_judged_by_no_more_than_is_needed() {
    let times = [40_000, 4_000_000].map(|rest| {
        let json = format!("{{\"a\":\"{} password=hunter2 {}\"}}", "x ".repeat(40_000), "y ".repeat(rest));
        processor_time(|| {
            for max_bytes in [100, 16 * 1024, 80_010, 80_020, 80_030, 90_000] {
                let (text, is_cut) = redact_json(json.as_bytes(), max_bytes);
                assert!(is_cut && text.len() == max_bytes && !text.contains("hunt"), "{max_bytes}");
            }
        })
    });
    // What is not kept is 100 times as long.
    assert!(times[1] < 4 * times[0], "{times:?}");
}

#[test]
fn no_text_makes_it_slow() {
    for part in [
        "token",
        "password=",
        "password=\"",
        "token:[",
        "token:(",
        "sk-",
        "sk-a1",
        "eyJ",
        "eyJa.",
        "://",
        "a://b:",
        "a://b:@",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY",
        "\\",
        "\\\\\"",
        "\\u0070",
        "4111 ",
        "4111111111111111 ",
        "1",
        "Bearer ",
        "basic QTpC",
        "authorization: bearer ",
        "cookie:\"",
        "cookie: x'",
        "password=a,",
        "password=(",
        "key ",
        "<token>",
        "a@tcp(",
        "{\"a\":",
        "[",
        "[redacted]",
        "\"",
        "\"name\":\"password\",",
        "\\\"name\\\":\\\"password\\\",",
        "{\"name\":\"password\",\"value\":",
        "{\"name\":\"password\",\"secret\":{},\"value\":{",
        "\"name\":\"password\",\"value\":[",
        "\"name\":\"tokentokentokentoken\",\"a\":1,",
        "\"password\" ",
        "\"password\",\n",
        "\"--password\",",
        "[\"--password\",",
        "{\"value\":",
        "{\"value\":1,\"a\":",
        "{\"value\":\"a\",\"name\":\"password\",\"a\":",
        "\"value\":1,",
        "\"a\":\"b\",\"name\":\"password\",",
        "]},\"name\":\"password\",",
        "\"a\":[[\"b\"]],\"name\":\"password\",",
        "\\\\\\\",\"name\":\"password\"}",
    ] {
        let times = [4_000, 64_000].map(|bytes| {
            let text = part.repeat(bytes / part.len());
            let string = format!("\"{}\"", text.replace(['"', '\\'], ""));
            processor_time(|| {
                let _ = clean(&text);
                let _ = redact_json(text.as_bytes(), usize::MAX);
                let _ = redact_json(string.as_bytes(), usize::MAX);
            })
        });
        // 16 times the text takes some 16 times as long: what grows with the square, 256.
        assert!(times[1] < 64 * times[0], "{part}: {times:?}");
    }
}

/// The least of three times that this takes a processor: the process's own time, which has no other test in it and nothing of
/// what else the machine does.
fn processor_time(work: impl Fn()) -> Duration {
    let used = || {
        let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
        Duration::from_micros((usage.user_time() + usage.system_time()).num_microseconds().unsigned_abs())
    };
    let times = (0..3).map(|_| {
        let before = used();
        work();
        used().saturating_sub(before)
    });
    times.min().unwrap()
}

#[test]
fn the_end_of_what_was_read_of_a_long_text_is_not_shown() {
    let before = "words ".repeat(700);
    let max_bytes = MARK.len() + 1 + before.len() + 10;
    let window = max_bytes + max_bytes / 4 + super::shapes::LOOKAHEAD;
    for shift in 0..60 {
        // So much is hidden before that the cut and the end of what is read first both fall into the token.
        let body = "x".repeat(window - before.len() - 40 - shift);
        let key = format!("-----BEGIN PRIVATE KEY-----{body}-----END PRIVATE KEY-----");
        let text = format!("{key} {before}sk-Zq7xabcDEF1234567890abcd {}", "words ".repeat(9000));
        for json in [format!("\"{text}\""), text] {
            let (part, is_cut) = redact_json(json.as_bytes(), max_bytes);
            assert!(
                is_cut && part.len() == max_bytes && !part.contains("Zq7x"),
                "{shift}: {}",
                &part[part.len() - 20..]
            );
        }
    }
}
