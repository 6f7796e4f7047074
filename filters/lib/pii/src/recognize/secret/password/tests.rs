use crate::recognize::tests::found;

#[track_caller]
fn finds(text: &str, value: &str) {
    assert_eq!(found(super::RECOGNIZER.entity, text), [value], "{text}");
}

#[track_caller]
fn finds_nothing(text: &str) {
    assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
}

#[test]
fn a_value_is_found_behind_its_name_in_every_notation() {
    let value = "Tr0ub4dor&3";
    for text in [
        "password=$",
        "password = $",
        "password: $",
        "password:$",
        "PASSWORD=\"$\"",
        "'password': '$'",
        "{\"password\":\"$\",\"a\":1}",
        "{\\\"password\\\":\\\"$\\\"}",
        "DB_PASSWORD=$\nDB_HOST=x",
        "export PGPASSWORD=$",
        "dbPassword := \"$\"",
        "'password' => '$'",
        "config['password'] = '$'",
        "Server=a;User ID=b;Password=$;Database=c",
        "pwd=$;",
        "Password: `$`",
        "**Password:** $",
        "**Password**: $",
        "<password>$</password>",
        "--password $ --user x",
        "--password=$",
        "/login?user=a&password=$&x=1",
        "password: str = \"$\"",
        "const password: string = '$'",
        "my password is $",
        "My password is $.",
        "the password for the second server is $, I think",
        "password is: $",
        "ALTER USER a WITH PASSWORD '$';",
        "CREATE USER 'a'@'b' IDENTIFIED BY '$'",
        "SET PASSWORD = PASSWORD('$')",
        "(password: $)",
        "Password (again): $",
        "Password:\n$\n",
        "Passwort: $",
        "Mot de passe : $",
        "contraseña: $",
        "senha=$",
        "密码：$",
        "我的密码是：$。",
        "パスワード：$",
        "비밀번호: $",
        "пароль: $",
        "password\u{a0}:\u{a0}$",
        "password=“$”",
        "user: ann, password: $, host: b",
        "a\\npassword=$\\nb",
        "login with password $ then",
        "passwd\t$",
        "PASS=$",
        "| Password | $ |",
        "Password – $",
        "user:a password:$",
        "user: password $, then",
        "wachtwoord $ werkt niet",
        "Olá, senha $, ainda",
        "Mój hasło to $.",
        "HASŁO: $",
        "(hasło $)",
        "제 비밀번호는 $입니다.",
        "비밀번호 $ 확인",
        "비밀번호($)가",
        "密码为$，谢谢",
        "密码（$）有误",
        "请帮我把密码改成 $ 。",
        "パスワード「$」を",
        "パスワードは$です",
        "Il mio password è $.",
        "Meu senha é $.",
        "Bitte ändern Sie Kennwort auf $.",
        "Please update my password to $ in your records",
        "Her password, $, was wrong",
        "password ..... $",
        "비밀번호 ……… $",
        "mot de passe ($)",
        "password\n$\nuser",
        "  DB_PASS:\n    - $\n",
        "--DB_PASS '$'",
        "mi contraseña es $",
        "What's your password?\n> $",
        "Agent: Could you confirm your pwd?\nCustomer: Sure, it is $.",
        "the password?\n$\n",
        "I've got a new passwd, it's $",
        "hey whats the pwd? i think its $",
        "<tr><th>Kennwort</th><td>$</td></tr>",
        "<dt>Password</dt>\n<dd>$</dd>",
        "<b>Password:</b> $<br/>",
        "пароль $",
    ] {
        finds(&text.replace('$', value), value);
    }
}

#[test]
fn what_people_make_up_is_found_behind_password() {
    for value in [
        "hunter2",
        "Passw0rd!",
        "p@ssword",
        "letme!n",
        "123456",
        "Summer2024",
        "Winter-2024!",
        "qwerty123",
        "correct-horse-battery-staple",
        "correct-horse-battery-staple!",
        "cXkqP(%O!g3rlu@W(^",
        "XkqPwZrtMv",
        "$ecret123!",
        "aB3$xY9#",
        "5up3r$ecure",
        "a1b2c3d4",
        "Pässw0rd",
        "x9!",
        "zaq1@WSX",
        "s3cr3t",
    ] {
        match value.len() < 6 {
            true => finds_nothing(&format!("password={value}")),
            false => {
                finds(&format!("password={value}"), value);
                finds(&format!("\"password\": \"{value}\""), value);
            }
        }
    }
}

#[test]
fn the_mark_at_the_end_of_what_a_value_stands_in_is_part_of_it() {
    for text in ["<pwd>$</pwd>", "pwd\n$\nuser", "<th>pwd</th><td>$</td>"] {
        finds(&text.replace('$', "Economy351?"), "Economy351?");
    }
    finds("is the password Economy351?", "Economy351");
    finds(
        "your pass?\n> piece-career-throw-tonight",
        "piece-career-throw-tonight",
    );
    finds_nothing("your code?\n> piece-career-throw-tonight");
    finds_nothing("forgot the password, it's state-of-the-art");
    finds("| pass | more-sea-few-above! | x |", "more-sea-few-above!");
    finds("the temp password on the form says Strong25$x but", "Strong25$x");
}

#[test]
fn what_machines_make_up_is_found_behind_token() {
    for value in [
        "a8f5f167f44f4964e6c998dee827110c",
        "550e8400-e29b-41d4-a716-446655440000",
        "9Zt4kQ2vLx8mN1pR",
        "dGhpcyBpcyBhIHNlY3JldCB2YWx1ZQ1x==",
        "xK9mP2vL8q",
        "s3cr3t",
        "abc123def456",
        "XkqPwZrtMvLoBnYeHs",
        "hvs.CAESIJ2b9kPqRsTuVw",
        "npm_aB3dE5fG7hI9jK1l",
    ] {
        for name in [
            "token",
            "secret",
            "api_key",
            "apikey",
            "API-KEY",
            "accessKey",
            "client_secret",
            "x-api-key",
            "clientSecret",
            "auth",
        ] {
            finds(&format!("{name}={value}"), value);
            finds(&format!("\"{name}\": \"{value}\","), value);
        }
        finds(&format!("the token is {value}"), value);
        finds(&format!("Authorization: Bearer {value}"), value);
        finds(&format!("-H \"authorization: bearer {value}\""), value);
        finds(&format!("Authorization: {value}"), value);
    }
    finds("Authorization: Basic YWxpY2U6c2VjcmV0", "YWxpY2U6c2VjcmV0");
    finds(
        "\"Authorization\": \"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\"",
        "QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
    );
}

#[test]
fn a_word_with_a_number_is_found_behind_token_and_a_name_with_one_is_not() {
    for value in ["Hunter1056", "dragon1797", "Sunflower403!"] {
        finds(&format!("client_secret={value}"), value);
        finds(&format!("\"api_key\": \"{value}\""), value);
    }
    for value in ["Hunter12", "service-1056", "abc1056", "your1056", "build_1056"] {
        finds_nothing(&format!("client_secret={value}"));
    }
}

#[test]
fn prose_and_what_stands_for_a_value_are_not_found() {
    for text in [
        "the password is required",
        "password: required",
        "Password: Must contain at least 8 characters",
        "password is too short",
        "password=<your-password>",
        "password=****",
        "password: ********",
        "password=${DB_PASSWORD}",
        "password=$DB_PASSWORD2",
        "password: null",
        "password=true",
        "password: None",
        "password = os.environ[\"DB_PASS1\"]",
        "password = getpass()",
        "password = getpass.getpass(\"x1\")",
        "password=process.env.S3_PASSWORD",
        "password: {{ .Values.db1.password }}",
        "password=changeme",
        "password=changeme123",
        "password=%DB_PASSWORD1%",
        "password: [REDACTED]",
        "password: [PASSWORD_0A1B2C3D]",
        "password=xxxxxxxx1",
        "password=your-password-1",
        "password: your_password_here",
        "Forgot password? Click 2fa",
        "password: \"Your password has 8 characters\"",
        "PWD=/home/ann/work2",
        "password_file=/run/secrets/db1",
        "password=/run/secrets/db1",
        "bypass: a1b2c3d4",
        "passwords: a1b2c3d4",
        "password hashing with SHA-256 and 128-bit keys",
        "the password is SHA-256 hashed",
        "password is 12-characters long",
        "if password != \"\"",
        "password.length >= 12",
        "type=password",
        "<input type=\"password\" name=\"p1\">",
        "max_tokens=4096",
        "max_tokens: 128000",
        "token: 4096",
        "token_type: bearer",
        "tokens: a1b2c3d4e5f6",
        "nextPageToken=a8f5f167f44f4964e6c998dee827110c",
        "secret: my-secret-1",
        "secretName: tls-secret-2",
        "token=user123",
        "auth: oauth2",
        "token = token2",
        "api_key: YOUR_API_KEY",
        "api_key=<API_KEY_1>",
        "api_key=args.api_key2",
        "token: 2024-01-01T00:00:00Z",
        "token = next(tokens)",
        "secret santa: a1b2c3d4",
        "author: a1b2c3d4e5",
        "Authorization: Bearer <token>",
        "Authorization: Bearer $TOKEN1",
        "Authorization: Basic authentication",
        "Bearer of bad news2024",
        "password: :password",
        "WHERE password = @pwd",
        "password=?",
        "password=%s",
        "token: v1.2.3-beta.4",
        "secret: vault:secret/data/db1",
        "password: 12-characters",
        "password: 128bits",
        "password=xmlHttpRequest",
        "password: Summer",
        "secretKeyRef: a1",
        "PublicKeyToken=b77a5c561934e089",
        "api_key: https://example.com/a1b2c3",
        "key: a8f5f167f44f4964e6c998dee827110c",
        "the key is a8f5f167f44f4964e6c998dee827110c",
        "password: Required!",
        "password=\nuser=a1b2c3",
        "secret=s3://bucket1/key",
        "compass: N12E34",
        "time: 12:30:45",
        "auth=true",
        "password: n/a",
        "pass: 12/12",
        "import secrets: a1",
        "password = password1_input.value",
        "it is a1b2c3d4",
        "pass it to httplib2",
        "pass `common.mustCall2()` to those",
        "the password in utf8mb4",
        "password Python3 module",
        "password (SHA-256)",
        "password(a1b2c3d4e5)",
        "the password to server-2",
        "PublicKey, Ed448PrivateKey, Ed448PublicKey, x",
        "for token in Inform6Lexer.tokens:",
        "[signedtoken]\ncryptography3x>=3.0.0\n",
        "password = $ftp->pwd1",
        "password = base64.b16encode(x1)",
        "token: #d8dee9",
        "passphrase = passphrase",
        "密码不能为空",
        "密码是8-16位",
        "パスワードはSHA-256で",
        "the password was changed in 2024-05",
        "my pass is valid to 2025-12-31",
        "What's the password?\nI asked in ticket4711",
        "Did you reset the password?\n> yes",
        "What's the ticket?\n> Tr0ub4dor&3",
        "forgot the password, it's Python3.11",
        "a new ticket, it's Tr0ub4dor&3",
        "the password policy says 12characters",
        "the password page says Python3.11",
        "| pass | more-sea-few | x |",
        "<th>Ticket</th><td>Tr0ub4dor&3</td>",
        "<th>Password</th><td>required</td>",
        "<b>Password</b> Tr0ub4dor2",
        "password: change-this-your-password!",
        "password = sprintf(fmt",
    ] {
        finds_nothing(text);
    }
}

#[test]
fn a_key_with_a_kind_of_its_own_is_called_by_it() {
    for text in [
        "token=ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "api_key: AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "secret=sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    ] {
        finds_nothing(text);
    }
}
