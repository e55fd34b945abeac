# ruff: noqa: E501 -- the rows hold messages as they are
"""Configurations that are wrong in one place each, and what must be said about them.

Each row: a text of the sample, what it is replaced by, and every mistake as it reads after the name of the file.
"""

BAD = (
    (
        "zone: Europe/London",
        "zone: Europe/Londn",
        (":1: zone: 'Europe/Londn' is not a time zone; hint: did you mean `Europe/London`?",),
    ),
    ("zone: Europe/London\n", "", (":1: zone: is required",)),
    ("zone: Europe/London\n", "zone:\n", (":1: zone: is empty",)),
    (
        "zone: Europe/London",
        "zone: no",
        (":1: zone: 'no' is not a time zone; hint: an IANA name such as Europe/London",),
    ),
    ("zone: Europe/London", "zone: Europe/London\nzone: UTC", (":2: zone: is given twice (first in line 1)",)),
    (
        "zone: Europe/London",
        "zone: UTC\nbusiness_hours: {days: mon-fry}",
        (":2: business_hours.days: 'fry' is not a weekday; hint: did you mean `fri`?",),
    ),
    (
        "zone: Europe/London",
        "zone: UTC\nbusiness_hours: {hours: 12:30}",
        (':2: business_hours.hours: must be two times of day; hint: such as "09:00-17:00", in quotes',),
    ),
    (
        "zone: Europe/London",
        'zone: UTC\nbusiness_hours: {hours: "17:00-09:00"}',
        (":2: business_hours.hours: 17:00 is not before 09:00; hint: for around the clock, see hours: always",),
    ),
    (
        "zone: Europe/London",
        'zone: UTC\nbusiness_hours: {hours: "09:00-25:00"}',
        (":2: business_hours.hours: '25:00' is not a time of day; hint: write \"09:00-17:00\", in quotes",),
    ),
    (
        "zone: Europe/London",
        "zone: UTC\nbusiness_hours: {holidays: [2026-02-30]}",
        (":2: business_hours.holidays[0]: must be a date; hint: such as 2026-12-25",),
    ),
    (
        "zone: Europe/London",
        "zone: UTC\nbusiness_hours: {holidays: Germany}",
        (":2: business_hours.holidays: no country is called 'Germany'; hint: did you mean `DE`?",),
    ),
    (
        "  alice: {name: Alice Ng",
        "  Alice: {name: Alice Ng",
        (
            ":3: people.Alice: 'Alice' cannot be a name; hint: up to 64 of a-z, 0-9, _, . and -, beginning with a letter or digit",
            ":6: schedules.support.rotation.people[0]: there is no person `alice`; hint: did you mean `Alice`?",
            ":29: api_tokens.alice: there is no person `alice`; hint: did you mean `Alice`?",
        ),
    ),
    (
        "  bob: {phone",
        "  local: {}\n  bob: {phone",
        (":4: people.local: `local` is reserved for rungbell itself; hint: choose another name",),
    ),
    (
        "email: alice@example.com",
        "email: alice",
        (":3: people.alice.email: is not a mail address; hint: such as alice@example.com",),
    ),
    (
        "email: alice@example.com",
        "contacts: {email: alice@example.com}",
        (":3: people.alice: `email` stands among the contacts; hint: write `email:` beside `name:`",),
    ),
    (
        "email: alice@example.com",
        "zone: Berlin, reached: {P0: [chatt, {chat: 2}], P9: [chat], otherwise: [chat, pager, chat], P1: []}",
        (
            ":3: people.alice.zone: 'Berlin' is not a time zone; hint: did you mean `Europe/Berlin`?",
            ":3: people.alice.reached.P0[0]: there is no channel `chatt`; hint: did you mean `chat`?",
            ":3: people.alice.reached.P0[1].after: 2 has no unit; hint: a duration has one, such as 30s, 5m, 1h30m or 2d",
            ":3: people.alice.reached.P9: unknown key; hint: known: P0, P1, P2, P3, otherwise",
            ":3: people.alice.reached.otherwise[2]: names `chat` twice",
            ":3: people.alice.reached.P1: must not be empty",
        ),
    ),
    (
        "email: alice@example.com",
        "language: dee",
        (":3: people.alice.language: 'dee' is not one of en, de, fr, es; hint: did you mean `de`?",),
    ),
    (
        "email: alice@example.com",
        "reached: [chat, chat]",
        (":3: people.alice.reached[1]: names `chat` twice",),
    ),
    (
        "email: alice@example.com",
        "emial: alice@example.com",
        (":3: people.alice.emial: unknown key; hint: did you mean `email`?",),
    ),
    (
        "email: alice@example.com",
        "slack: U0ALICE",
        (":3: people.alice.slack: unknown key; hint: known: name, email, phone, contacts, zone, language, reached",),
    ),
    (
        'phone: "+44 20 7946 0001"',
        "phone: 442079460001",
        (":4: people.bob.phone: must be text; hint: put it in quotes",),
    ),
    (
        'phone: "+44 20 7946 0001"',
        "phone: call me",
        (':4: people.bob.phone: is not a phone number; hint: such as "+44 20 7946 0001"',),
    ),
    (
        "people: [alice, bob], starts",
        "people: [alice, bobb], starts",
        (":6: schedules.support.rotation.people[1]: there is no person `bobb`; hint: did you mean `bob`?",),
    ),
    (
        "people: [alice, bob], starts",
        "people: [], starts",
        (":6: schedules.support.rotation.people: must not be empty",),
    ),
    (", starts: 2026-01-05", "", (":6: schedules.support.rotation.starts: is required",)),
    (
        "starts: 2026-01-05",
        "starts: 2026-01-05, every: 59m",
        (":6: schedules.support.rotation.every: turns cannot last 59m; hint: from 1h to 52w",),
    ),
    (
        "starts: 2026-01-05",
        "starts: 2026-01-05, every: 10d, handover: mon 09:00",
        (
            ":6: schedules.support.rotation: turns of 1w3d do not all begin on one weekday; hint: leave the weekday out of `handover`; the first turn begins on the day `starts`",
        ),
    ),
    (
        "starts: 2026-01-05",
        "starts: 2026-01-05, together: 3",
        (":6: schedules.support.rotation: has fewer people than the 3 that are on call together",),
    ),
    (
        "starts: 2026-01-05",
        "starts: 2026-01-05, together: 0",
        (":6: schedules.support.rotation.together: 0 is nobody; hint: 1 or more",),
    ),
    (
        "starts: 2026-01-05",
        "starts: 9999-12-31",
        (
            ":6: schedules.support.rotation.starts: 9999-12-31 is too far away; hint: a day from 1970-01-01 to 2199-12-31",
        ),
    ),
    (
        "starts: 2026-01-05",
        "starts: 2026-01-05, handover: 900",
        (
            ":6: schedules.support.rotation.handover: must be a time of day, or a weekday and a time of day; hint: such as 09:00, or mon 09:00",
        ),
    ),
    (
        "starts: 2026-01-05",
        "starts: 2026-01-05, handover: mon",
        (
            ":6: schedules.support.rotation.handover: 'mon' is not a time of day; hint: write 09:00, or mon 09:00, in quotes",
        ),
    ),
    (
        "starts: 2026-01-05",
        "starts: 2026-01-05, handover: monday 09:00",
        (":6: schedules.support.rotation.handover: 'monday' is not a weekday; hint: did you mean `mon`?",),
    ),
    (
        "starts: 2026-01-05",
        "starts: 2026-01-05, zone: Mars/Olympus",
        (
            ":6: schedules.support.rotation.zone: 'Mars/Olympus' is not a time zone; hint: an IANA name such as Europe/London",
        ),
    ),
    (
        "  support: {rotation",
        "  bob: {people: [bob]}\n  support: {rotation",
        (":6: schedules.bob: is also the name of a person; hint: a tier that reaches it could mean either",),
    ),
    (
        "  support: {rotation",
        "  both: {}\n  support: {rotation",
        (":6: schedules.both: needs exactly one of `people`, `rotation`, `round_robin`, `calendar` and `layers`",),
    ),
    (
        "{rotation: {people: [alice, bob], starts: 2026-01-05}}",
        "{round_robin: [alice, bobb]}",
        (":6: schedules.support.round_robin[1]: there is no person `bobb`; hint: did you mean `bob`?",),
    ),
    (
        "{rotation: {people: [alice, bob], starts: 2026-01-05}}",
        "{layers: []}",
        (":6: schedules.support.layers: must not be empty",),
    ),
    (
        "{rotation: {people: [alice, bob], starts: 2026-01-05}}",
        '{layers: [{people: [alic], hours: "22:00-6"}, {rotation: {people: [bobb], starts: 2026-01-05}}, {people: [bob], round_robin: [bob]}]}',
        (
            ":6: schedules.support.layers[0].people[0]: there is no person `alic`; hint: did you mean `alice`?",
            ":6: schedules.support.layers[0].hours: '6' is not a time of day; hint: write \"09:00-17:00\", in quotes",
            ":6: schedules.support.layers[1].rotation.people[0]: there is no person `bobb`; hint: did you mean `bob`?",
            ":6: schedules.support.layers[2]: needs exactly one of `people`, `rotation`, `round_robin` and `calendar`",
        ),
    ),
    (
        "{rotation: {people: [alice, bob], starts: 2026-01-05}}",
        "{layers: [{people: [alice]}, {people: [bob], days: sat-sun}]}",
        (
            ":6: schedules.support.layers[1]: is never reached: layers[0] (line 6) always has somebody on call; hint: give that one `hours` or `days`, or let it be the last",
        ),
    ),
    (
        "{rotation: {people: [alice, bob], starts: 2026-01-05}}",
        "{layers: [{people: [alice], zone: Asia/Tokyo}]}",
        (
            ":6: schedules.support.layers[0]: `zone` does nothing here; hint: add `hours`, `days` or a `rotation`, or leave it out",
        ),
    ),
    (
        "{rotation: {people: [alice, bob], starts: 2026-01-05}}",
        "{layers: [{people: [alice], hours: 9-17}]}",
        (":6: schedules.support.layers[0].hours: '9' is not a time of day; hint: write \"09:00-17:00\", in quotes",),
    ),
    (
        "type: console",
        "type: consol",
        (":8: channels.chat.type: unknown type 'consol'; hint: did you mean `console`?",),
    ),
    ("type: console", "kind: console", (":8: channels.chat.type: is required",)),
    ("type: console", "type: console, colour: red", (":8: channels.chat.colour: unknown key",)),
    ("type: console", "type: mail, colour: red", (":8: channels.chat.colour: unknown key; hint: known: port, login",)),
    ("type: console", 'type: mail, port: "25"', (":8: channels.chat.port: must be a whole number",)),
    (
        "type: console",
        "type: mail, login: {user: u}",
        (":8: channels.chat.login.password: is required; hint: give `password_file` or `password`",),
    ),
    (
        'url: "http://127.0.0.1:9911/page"',
        "url: nowhere",
        (":9: channels.pager.url: must be a URL; hint: such as https://pager.example.com/page",),
    ),
    ('url: "http://127.0.0.1:9911/page"', "secret: x", (":9: channels.pager.url: is required",)),
    ('9911/page"', '9911/page", verify: yes', (":9: channels.pager.verify: must be true or false",)),
    (
        '9911/page"',
        '9911/page", secret: one, secret_file: two',
        (":9: channels.pager.secret_file: stands beside `secret`; hint: give one of the two",),
    ),
    (
        '9911/page"',
        '9911/page", secret_file: nowhere',
        (
            ":9: channels.pager.secret_file: the file cannot be read: No such file or directory; hint: relative paths start at FOLDER",
        ),
    ),
    ('9911/page"', '9911/page", secret: ""', (":9: channels.pager.secret: is empty; hint: or give `secret_file`",)),
    (
        "reach: support",
        "reach: suport",
        (":11: tiers.L1.reach: there is no person or schedule `suport`; hint: did you mean `support`?",),
    ),
    ("reach: [bob]", "reach: [bob, bob]", (":12: tiers.L2.reach: names `bob` twice",)),
    ("reach: [bob]", "reach: []", (":12: tiers.L2.reach: must not be empty",)),
    (
        "{pager: 2m}",
        "{pagr: 2m}",
        (":11: tiers.L1.through[1]: there is no channel `pagr`; hint: did you mean `pager`?",),
    ),
    (
        "{pager: 2m}",
        "{pager: 2}",
        (":11: tiers.L1.through[1].after: 2 has no unit; hint: a duration has one, such as 30s, 5m, 1h30m or 2d",),
    ),
    (
        "{pager: 2m}",
        "7",
        (
            ":11: tiers.L1.through[1]: must be a channel; hint: write `chat`, or `{chat: 2m}` for one that waits two minutes",
        ),
    ),
    ("{pager: 2m}", "chat", (":11: tiers.L1.through[1]: names `chat` twice",)),
    ("role: Support, ", "", (":11: tiers.L1.role: is required",)),
    ("only: [P0]", "only: [P4]", (":14: tiers.L4.only[0]: 'P4' is not one of P0, P1, P2, P3",)),
    (
        "  L2: {role: Senior, reach: [bob], through: [pager]}\n",
        "",
        (
            ":12: tiers.L3: tier L2 is missing below L3; hint: tiers begin with L1 without a gap",
            ":15: severities.P0.page[1]: there is no tier L2; hint: known: L1, L3, L4",
            ":17: severities.P2.climb_to: there is no tier L2; hint: known: L1, L3, L4",
        ),
    ),
    (
        "  L4: {role",
        "  L6: {role",
        (
            ":14: tiers.L6: 'L6' is not one of L1, L2, L3, L4, L5",
            ":16: severities.P0.climb_to: there is no tier L4; hint: known: L1, L2, L3",
            ":16: severities.P0.while_unresolved.L4: there is no tier L4; hint: known: L1, L2, L3",
        ),
    ),
    (
        "page: [L1, L2], acknowledge_within: 5m, climb_to: L4",
        "page: [L1, L2], acknowledge_within: 5m, climb_to: L5",
        (":16: severities.P0.climb_to: there is no tier L5; hint: known: L1, L2, L3, L4",),
    ),
    ("climb_to: L3, ack", "climb_to: L4, ack", (":17: severities.P1.climb_to: tier L4 is closed to P1 (only: P0)",)),
    (
        "page: [L1], acknowledge_within: 5m",
        "page: [L1, L4], acknowledge_within: 5m",
        (":17: severities.P1.page[1]: tier L4 is closed to P1 (only: P0)",),
    ),
    (
        "page: [L1], acknowledge_within: 15m",
        "page: [L1, L3], acknowledge_within: 15m",
        (":18: severities.P2.page[1]: L3 is above climb_to: L2; hint: write climb_to: L3, or leave L3 out",),
    ),
    ("page: [L1, L2]", "page: [L1, L1]", (":16: severities.P0.page: names `L1` twice",)),
    ("page: [L1, L2]", "page: []", (":16: severities.P0.page: must not be empty",)),
    (
        "while_unresolved: {L4: 1h}",
        "while_unresolved: {L5: 1h}",
        (":16: severities.P0.while_unresolved.L5: there is no tier L5; hint: known: L1, L2, L3, L4",),
    ),
    (
        "climb_to: L2, ",
        "climb_to: L2, while_unresolved: {L3: 1h}, ",
        (
            ":18: severities.P2.while_unresolved.L3: L3 is above climb_to: L2; hint: write climb_to: L3, or leave L3 out",
        ),
    ),
    (
        "climb_to: L2, ",
        "climb_to: L2, engineering_within: 4h, ",
        (":18: severities.P2.engineering_within: needs tier L3, above climb_to: L2",),
    ),
    (
        "acknowledge_within: 15m",
        "acknowledge_within: 900",
        (
            ":18: severities.P2.acknowledge_within: 900 has no unit; hint: a duration has one, such as 30s, 5m, 1h30m or 2d",
        ),
    ),
    (
        "acknowledge_within: 15m",
        "acknowledge_within: 15 min",
        (":18: severities.P2.acknowledge_within: '15 min' is not a duration, such as 30s, 5m, 1h30m or 2d",),
    ),
    (
        "acknowledge_within: 15m",
        "acknowledge_within: 500ms",
        (":18: severities.P2.acknowledge_within: must be at least 1s",),
    ),
    (
        "acknowledge_within: 15m",
        "acknowledge_within: 11y",
        (":18: severities.P2.acknowledge_within: a duration may last ten years at most",),
    ),
    ("acknowledge_within: 15m, ", "", (":18: severities.P2.acknowledge_within: is required",)),
    (
        "acknowledge_within: 15m",
        "acknowledge_witihn: 15m",
        (
            ":18: severities.P2.acknowledge_within: is required",
            ":18: severities.P2.acknowledge_witihn: unknown key; hint: did you mean `acknowledge_within`?",
        ),
    ),
    (
        "acknowledgement_lasts: next_business_day",
        "acknowledgement_lasts: forever",
        (
            ":19: severities.P3.acknowledgement_lasts: 'forever' is not a duration, such as 30s, 5m, 1h30m or 2d; hint: or next_business_day",
        ),
    ),
    (
        "acknowledgement_lasts: next_business_day",
        "acknowledgement_lasts: 0s",
        (":19: severities.P3.acknowledgement_lasts: must be a duration of at least 1s, or next_business_day",),
    ),
    (
        "hours: business",
        "hours: busines",
        (":19: severities.P3.hours: 'busines' is not one of always, business; hint: did you mean `business`?",),
    ),
    ("hours: business", "repage_unanswered: no", (":19: severities.P3.repage_unanswered: must be true or false",)),
    (
        "stable_for: 15m, resolves: window",
        "stable_for: 15m, resolves: nobody",
        (":18: severities.P2.resolves: 'nobody' is not one of person, window",),
    ),
    (
        "  P2: {page",
        "  P4: {page",
        (
            ":15: severities: P2 is missing; hint: P0 to P3 must all be given",
            ":18: severities.P4: 'P4' is not one of P0, P1, P2, P3",
        ),
    ),
    (
        "{severity: P0, match",
        "{severity: p0, match",
        (":21: rules[0].severity: 'p0' is not one of P0, P1, P2, P3, none; hint: did you mean `P0`?",),
    ),
    (
        "{severity: P0, match: ['severity=\"critical\"', 'scope=\"platform\"']}",
        "{severity: P0}",
        (":22: rules[1]: is never reached: rules[0] (line 21) matches everything; hint: move it up",),
    ),
    (
        "'scope=\"platform\"'",
        "'scope'",
        (
            ":21: rules[0].match[1]: column 6 of `scope`: the operator is missing: put one of = != =~ !~ between the label name and the value",
        ),
    ),
    (
        "['alertname=~\".*Flapping\"']",
        "'alertname=~\".*Flapping\"'",
        (":22: rules[1].match: must be a list; hint: such as [one, two]",),
    ),
    (
        "['alertname=~\".*Flapping\"']",
        "['{}']",
        (":22: rules[1].match[0]: matches everything; hint: leave `match` out to say so",),
    ),
    ("rules:", "rules: []\nrules2:", (":21: rules2: unknown key; hint: did you mean `rules`?",)),
    (
        "{name: database, match: ['team=\"dba\"']",
        "{name: default, match: ['team=\"dba\"']",
        (":24: policies[0].name: `default` is the policy at the top of the file",),
    ),
    (
        "  - {name: database, match: ['team=\"dba\"']",
        "  - {name: database}\n  - {name: database, match: ['team=\"dba\"']",
        (
            ":25: policies[1]: is never reached: policies[0] (line 24) matches everything; hint: move it up",
            ":25: policies[1].name: there is another policy `database`",
        ),
    ),
    (
        "{P1: {acknowledge_within: 1m}}",
        "{P1: {climb_to: L5}}",
        (":24: policies[0].severities.P1.climb_to: there is no tier L5; hint: known: L1, L2, L3, L4",),
    ),
    (
        "{P1: {acknowledge_within: 1m}}",
        "{P1: {acknowledge: 1m}}",
        (":24: policies[0].severities.P1.acknowledge: unknown key; hint: did you mean `acknowledge_within`?",),
    ),
    (
        "severities: {P1: {acknowledge_within: 1m}}",
        "tiers: {L1: {role: DBA, reach: [bob], through: [pager], only: [P0]}}",
        (
            ":24: policies[0].tiers.L1: tier L1 is closed to P1 (only: P0)",
            ":24: policies[0].tiers.L1: tier L1 is closed to P2 (only: P0)",
            ":24: policies[0].tiers.L1: tier L1 is closed to P3 (only: P0)",
        ),
    ),
    (
        "operator: default",
        "operator: databse",
        (":25: operator: there is no policy `databse`; hint: did you mean `database`?",),
    ),
    ("operator: default", "fallback_severity: none", (":25: fallback_severity: 'none' is not one of P0, P1, P2, P3",)),
    (
        "scheme: sev0",
        "scheme: sev2",
        (":27: sources.cluster-a.scheme: unknown scheme 'sev2'; hint: did you mean `sev1`?",),
    ),
    ("watchdog_within: 15m", "watchdog_within: 30s", (":27: sources.cluster-a.watchdog_within: must be at least 1m",)),
    (
        "bearer_token: sample-token-1",
        "anonymous: true, bearer_token: sample-token-1",
        (
            ":27: sources.cluster-a: needs exactly one of `bearer_token_file`, `basic_auth`, `hmac` and `anonymous: true`",
        ),
    ),
    (
        "bearer_token: sample-token-1, ",
        "",
        (
            ":27: sources.cluster-a: needs exactly one of `bearer_token_file`, `basic_auth`, `hmac` and `anonymous: true`",
        ),
    ),
    (
        "sources:\n",
        "sources:\n  one: {anonymous: true}\n  two: {anonymous: true}\n",
        (":28: sources.two: `one` is anonymous too, so nothing tells them apart",),
    ),
    (
        "sources:\n",
        "sources:\n  twin: {bearer_token: sample-token-1}\n",
        (
            ":28: sources.cluster-a.bearer_token: is the same credential as that of sources.twin; hint: each needs its own",
        ),
    ),
    (
        "sources:\n",
        "sources:\n  basic: {basic_auth: {username: g}}\n",
        (":27: sources.basic.basic_auth.password: is required; hint: give `password_file` or `password`",),
    ),
    (
        "bearer_token: sample-token-1",
        "bearer_token: 'two words'",
        (":27: sources.cluster-a.bearer_token: a token is one line of printable characters without blanks",),
    ),
    (
        "bearer_token: sample-token-1",
        "bearer_token: sample-token-1, alertmanager: {urls: http://am:9093}",
        (
            ":27: sources.cluster-a.alertmanager.url: is required",
            ":27: sources.cluster-a.alertmanager.urls: unknown key; hint: did you mean `url`?",
        ),
    ),
    *(
        (
            "bearer_token: sample-token-1",
            f"bearer_token: sample-token-1, alertmanager: {{url: {url}}}",
            (f":27: sources.cluster-a.alertmanager{'' if mistake[0] == ':' else '.'}{mistake}",),
        )
        for url, mistake in (
            ("am:9093", "url: is not the address of an Alertmanager; hint: such as http://alertmanager:9093"),
            ("'http://am:x'", "url: is not the address of an Alertmanager; hint: such as http://alertmanager:9093"),
            (
                "[http://am, 'http:// x']",
                "url[1]: is not the address of an Alertmanager; hint: such as http://alertmanager:9093",
            ),
            ("'http://u:p@am'", "url: holds credentials; hint: give them as `basic_auth`"),
            (
                "http://am/api/v2",
                "url: must end before the API; hint: such as http://alertmanager:9093, or the path of --web.external-url",
            ),
            ("[http://am, http://am/]", "url: names `http://am` twice"),
            ("[]", "url: must not be empty"),
            ("http://am, every: 0s", "every: must be at least 1s"),
            (
                "http://am, every: 20m",
                ": `settle_after` is shorter than `every`; hint: what differs must differ in two looks at least",
            ),
            (
                "http://am, bearer_token: a, basic_auth: {username: a, password: b}",
                ": takes one of `bearer_token_file` and `basic_auth`, not both",
            ),
            (
                "http://am, bearer_token: two words",
                "bearer_token: a token is one line of printable characters without blanks",
            ),
            (
                "http://am, basic_auth: {username: a}",
                "basic_auth.password: is required; hint: give `password_file` or `password`",
            ),
            ("http://am, receivers: [a, a]", "receivers: names `a` twice"),
            (
                "http://am, proxy_url: 'http://x/y'",
                "proxy_url: must be an HTTP proxy; hint: http://host:port, or http://user:password@host:port; https:// for one in TLS",
            ),
        )
    ),
    (
        "  alice: {token",
        "  alyce: {token",
        (":29: api_tokens.alyce: there is no person `alyce`; hint: did you mean `alice`?",),
    ),
    (
        "  alice: {token: sample-token-2}",
        "  alice: {}",
        (":29: api_tokens.alice.token: is required; hint: give `token_file` or `token`",),
    ),
    (
        "token: sample-token-2",
        "token: sample-token-2, scopes: [raed]",
        (":29: api_tokens.alice.scopes[0]: 'raed' is not one of ingest, read, act, admin; hint: did you mean `read`?",),
    ),
    (
        "token: sample-token-2",
        "token: sample-token-2, scopes: []",
        (":29: api_tokens.alice.scopes: must not be empty",),
    ),
    (
        "token: sample-token-2",
        "token: sample-token-2, scopes: [read, ingest]",
        (
            ":29: api_tokens.alice: `ingest` is for sources, and a person is none; hint: give the source a `bearer_token_file`",
        ),
    ),
    (
        "token: sample-token-2",
        "token: sample-token-1",
        (":29: api_tokens.alice.token: is the same credential as that of sources.cluster-a; hint: each needs its own",),
    ),
    (
        "operator: default",
        "operator: default\nmaintenance:\n  - {name: night, days: sun}",
        (":27: maintenance[0].match: is required",),
    ),
    (
        "operator: default",
        "operator: default\nmaintenance:\n  - {name: night, match: [], days: sun}",
        (":27: maintenance[0].match: must not be empty",),
    ),
    (
        "operator: default",
        "operator: default\nmaintenance:\n  - {name: night, match: ['a=\"b\"']}",
        (
            ":27: maintenance[0]: says no time; hint: give `from` and `until`, or `days` and `hours` that come back every week",
        ),
    ),
    (
        "operator: default",
        "operator: default\nmaintenance:\n  - {name: night, match: ['a=\"b\"'], days: mon-sun}",
        (":27: maintenance[0]: never ends; hint: leave out a day, shorten `hours`, or say `until`",),
    ),
    (
        "operator: default",
        "operator: default\nmaintenance:\n  - {name: night, match: ['a=\"b\"'], from: 2026-12-02 06:00, until: 2026-12-01 22:00}",
        (":27: maintenance[0]: `until` (2026-12-01 22:00) is not after `from` (2026-12-02 06:00)",),
    ),
    (
        "operator: default",
        "operator: default\nmaintenance:\n  - {name: night, match: ['a=\"b\"'], from: 2027-03-28 01:30, until: 2027-03-28 01:45}",
        (
            ":27: maintenance[0].until: is no later than `from`: the clocks of Europe/London skip all of the time from 01:30 to 01:45 that day; hint: end it later",
        ),
    ),
    (
        "operator: default",
        "operator: default\nmaintenance:\n  - {name: night, match: ['a=\"b\"'], from: tonight, until: 2026-12-01T22:00Z}",
        (
            ":27: maintenance[0].from: must be a day and a time of day; hint: such as 2026-12-01 22:00",
            ":27: maintenance[0].until: has a zone of its own; hint: leave it out, and set `zone`",
        ),
    ),
    (
        "operator: default",
        'operator: default\nmaintenance:\n  - {name: night, match: [\'a="b"\'], days: sun, hours: "02:00-06:00", form: 2026-12-01}',
        (":27: maintenance[0].form: unknown key; hint: did you mean `from`?",),
    ),
    (
        "operator: default",
        "operator: default\nmaintenance:\n  - {name: night, match: ['a=\"b\"'], days: sun}\n  - {name: night, match: ['a=\"b\"'], days: mon, until: 9999-12-31}",
        (
            ":28: maintenance[1].name: there is another maintenance `night`",
            ":28: maintenance[1].until: 9999-12-31 is too far away; hint: a day from 1970-01-01 to 2199-12-31",
        ),
    ),
    (
        "starts: 2026-01-05}}",
        "starts: 2026-01-05}, tell: {through: [chatt], before: 30s}}",
        (
            ":6: schedules.support.tell.through[0]: there is no channel `chatt`; hint: did you mean `chat`?",
            ":6: schedules.support.tell.before: must be at least 1m",
        ),
    ),
    (
        "starts: 2026-01-05}}",
        "starts: 2026-01-05}, tell: {through: chat, starts: false, ends: false}}",
        (
            ":6: schedules.support.tell: tells of nothing; hint: leave `tell` out, or one of `starts`, `ends` and `before` in",
        ),
    ),
    (
        "starts: 2026-01-05}}",
        "starts: 2026-01-05}, tell: {through: chat, before: 8d}}",
        (":6: schedules.support.tell.before: must be at most 1w",),
    ),
    (
        "operator: default",
        'operator: default\nrecipes:\n  containment:\n  - {name: queue, match: [\'a="b"\'], text: scale, comands: [x]}\n  - {name: disk, match: [], text: ""}',
        (
            ":28: recipes.containment[0].comands: unknown key; hint: did you mean `commands`?",
            ":29: recipes.containment[1].match: must not be empty",
            ":29: recipes.containment[1].text: must not be empty",
        ),
    ),
    (
        "operator: default",
        "operator: default\nrecipes:\n  eradication:\n  - {cause: bug, fix: a fix, validation: tests}\n  - {cause: bug, fix: another, validation: tests}",
        (":29: recipes.eradication[1].cause: there is another recipe `bug`",),
    ),
    (
        "operator: default",
        "operator: default\nstorms:\n  pages: {within: 10m}\n  channels: {pager: {at_most: 0}}",
        (
            ":27: storms.pages.at_most: is required",
            ":28: storms.channels.pager.at_most: should be greater than or equal to 1",
        ),
    ),
    (
        "operator: default",
        "operator: default\nstorms: {channels: {pagr: {at_most: 4}}}",
        (":26: storms.channels.pagr: there is no channel `pagr`; hint: did you mean `pager`?",),
    ),
    (
        "operator: default",
        "operator: default\nstorms: {umbrela: {opens: 20}}",
        (":26: storms.umbrela: unknown key; hint: did you mean `umbrella`?",),
    ),
    (
        "operator: default",
        "operator: default\nstorms:\n  umbrella: {opens: 1, within: 2h}",
        (
            ":27: storms.umbrella.opens: should be greater than or equal to 2",
            ":27: storms.umbrella.within: must be at most 1h",
        ),
    ),
    (
        "climb_to: L4, while_unresolved",
        'climb_to: L4, bridge_url: "meet.example.com", while_unresolved',
        (':16: severities.P0.bridge_url: is not a web address; hint: such as "https://meet.example.com/{incident}"',),
    ),
    (
        "climb_to: L4, while_unresolved",
        'climb_to: L4, bridge_url: "https://meet.example.com/{name}", while_unresolved',
        (
            ":16: severities.P0.bridge_url: holds braces that are not {incident}; hint: {incident} is where the incident's name goes",
        ),
    ),
)
