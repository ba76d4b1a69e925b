// What was planted, what ran, and what was shown. Included beside the entity.

/// What was planted, and all that was shown along the way.
struct World {
    _database: Database,
    conn: Conn,
    ctx: AuditContext,
    secrets: Secrets,
    shown: Vec<(String, String)>,
    vaults: u32,
}

impl World {
    fn open() -> Self {
        let database = Database::new();
        let mut conn = database.connect();
        create_vaults(&mut conn, NAME);
        let mut secrets = Secrets::new();
        let key = canary();
        secrets.plant("token key", &key);
        let config = AuditConfig::builder().token_key("k1", &key).build();
        let ctx = config
            .context(Actor::user(42))
            .tenant("acme")
            .request_id("req-7")
            .reason("a test of secrets");
        Self {
            _database: database,
            conn,
            ctx,
            secrets,
            shown: Vec::new(),
            vaults: 0,
        }
    }

    fn secret(&mut self, name: &str) -> String {
        let canary = canary();
        assert!(self.secrets.plant(name, &canary));
        // What the mask `token` shows; other masks show fewer than five characters.
        for token in self.ctx.config_ref().tokens(&canary) {
            self.secrets.allow(token);
        }
        canary
    }

    /// A form with a new secret in each field that may hold one.
    fn new_vault(&mut self) -> NewVault {
        let card = "4111 1111 1111 1111";
        self.secrets.plant("card_number", card);
        self.vaults += 1;
        let new = NewVault {
            label: format!("vault {}", self.vaults),
            passphrase: self.secret("passphrase").into(),
            tax_number: Some(self.secret("tax_number")),
            card_number: Some(card.into()),
            contact: Some(format!("{}@example.com", self.secret("contact"))),
            lookup: self.secret("lookup"),
            profile: serde_json::json!({
                "keys": [self.secret("profile.keys"), {"deep": self.secret("profile.keys.deep")}],
                "iban": self.secret("profile.iban"),
                "color": "red"
            }),
            // Bytes that are no text.
            key_file: [&[0, 255, 128], self.secret("key_file").as_bytes()].concat(),
            answer: Answer::Pet(self.secret("answer")),
            pin: 4711,
            memo: Some(format!("é\"\\\n%{}", self.secret("memo"))),
        };
        self.shows("new form", &new);
        self.secrets.allow("411111******1111");
        new
    }

    /// Changes that set every secret anew.
    fn changes(&mut self) -> VaultChanges {
        let new = self.new_vault();
        let changes = VaultChanges {
            label: Some(new.label),
            passphrase: new.passphrase.into_set(),
            tax_number: Some(new.tax_number),
            card_number: Some(new.card_number),
            contact: Some(new.contact),
            lookup: Some(new.lookup),
            profile: Some(new.profile),
            key_file: Some(new.key_file),
            answer: Some(new.answer),
            pin: Some(4712),
            memo: Some(new.memo),
        };
        self.shows("changes form", &changes);
        changes
    }

    /// The same without the label, which is unique.
    fn changes_of_many(&mut self) -> VaultChanges {
        VaultChanges {
            label: None,
            ..self.changes()
        }
    }

    fn shows(&mut self, what: &str, value: &dyn Debug) {
        self.shown
            .push((what.into(), format!("{value:?}\n{value:#?}")));
    }

    fn shows_vault(&mut self, vault: &Vault) {
        self.shows("entity", vault);
        self.shows("key", &vault.key());
        self.shows("diff", &vault.diff(vault));
        for view in [
            serde_json::to_string(&vault.as_list()),
            serde_json::to_string(&vault.as_detail()),
        ] {
            self.shown.push(("view".into(), view.unwrap()));
        }
        let snapshot = audit_diesel::snapshot(vault, self.ctx.config_ref()).unwrap();
        self.shown.push(("snapshot".into(), snapshot));
    }

    /// An error with all its sources.
    #[track_caller]
    fn fails<T>(&mut self, what: &str, result: Result<T, impl Error + 'static>) {
        let Err(error) = result else {
            panic!("{what} did not fail");
        };
        let mut next: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(error) = next {
            self.shown
                .push((what.into(), format!("{error}\n{error:?}\n{error:#?}")));
            next = error.source();
        }
    }

    /// Every helper, each with secrets of its own.
    fn run_helpers(&mut self) {
        let ctx = self.ctx.clone();
        let (one, many) = (self.new_vault(), [self.new_vault(), self.new_vault()]);
        let vault = Vault::audited_insert(&mut self.conn, &ctx, one).unwrap();
        self.shows_vault(&vault);
        let mut all = Vault::audited_insert_many(&mut self.conn, &ctx, many).unwrap();

        let changes = self.changes();
        let before = vault;
        let vault = Vault::audited_update(&mut self.conn, &ctx, before.key(), changes).unwrap();
        self.shows_vault(&vault);
        let diff = before.diff(&vault);
        let rows = diff.changes(ctx.config_ref()).unwrap();
        self.shown
            .push(("changes".into(), format!("{diff:?} {rows:?}")));

        let (phrase, memo) = (self.secret("passphrase"), self.secret("memo"));
        let vault = Vault::audited_edit(&mut self.conn, &ctx, vault.key(), |vault| {
            vault.passphrase = phrase;
            vault.memo = Some(memo);
        })
        .unwrap();
        let tax = self.secret("tax_number");
        let vault = Vault::audited_try_edit(&mut self.conn, &ctx, vault.key(), |vault| {
            vault.tax_number = Some(tax);
            vault.contact = None;
            Ok::<_, AuditError>(())
        })
        .unwrap();
        let vault = Vault::audited_soft_delete(&mut self.conn, &ctx, vault.key()).unwrap();
        self.shows_vault(&vault);
        let vault = Vault::audited_restore(&mut self.conn, &ctx, vault.key()).unwrap();

        // Skipped alone: written, and no row.
        let memo = self.secret("memo");
        let vault = Vault::audited_edit(&mut self.conn, &ctx, vault.key(), |v| v.memo = Some(memo))
            .unwrap();

        let changes = self.changes_of_many();
        all = Vault::audited_update_many(&mut self.conn, &ctx, keys(&all), changes).unwrap();
        let changes = self.changes_of_many();
        let filter = || vaults::pin.gt(0);
        Vault::audited_update_where(&mut self.conn, &ctx, filter(), changes).unwrap();
        let (first, second) = (self.secret("lookup"), self.secret("lookup"));
        Vault::audited_edit_where(&mut self.conn, &ctx, filter(), |v| v.lookup = first.clone())
            .unwrap();
        Vault::audited_edit_many(&mut self.conn, &ctx, any_version(&all), |v| {
            v.lookup = second.clone()
        })
        .unwrap();
        Vault::audited_soft_delete_where(&mut self.conn, &ctx, filter()).unwrap();
        Vault::audited_restore_where(&mut self.conn, &ctx, filter()).unwrap();
        let key = Vault::key_any_version(vault.id);
        Vault::audited_delete(&mut self.conn, &ctx, key).unwrap();
        Vault::audited_delete_where(&mut self.conn, &ctx, filter()).unwrap();

        for vault in [vault.id, all[0].id] {
            let key = Vault::key_any_version(vault);
            let history = Vault::history(&mut self.conn, &ctx, key).unwrap();
            assert!(history.len() > 5);
            let text: Vec<String> = history.iter().map(ToString::to_string).collect();
            self.shown.push((
                "history".into(),
                format!("{}\n{history:?}", text.join("\n")),
            ));
        }
    }

    /// Every kind of error that a write, a form or a client's JSON can meet.
    fn provoke_errors(&mut self) {
        let ctx = self.ctx.clone();
        let new = self.new_vault();
        let label = new.label.clone();
        let vault = Vault::audited_insert(&mut self.conn, &ctx, new).unwrap();

        let twice = NewVault {
            label,
            ..self.new_vault()
        };
        let error = Vault::audited_insert(&mut self.conn, &ctx, twice);
        self.fails("unique violation", error);
        let new = NewVault {
            pin: -1,
            ..self.new_vault()
        };
        let error = Vault::audited_insert(&mut self.conn, &ctx, new);
        self.fails("check violation", error);
        let changes = VaultChanges {
            pin: Some(-1),
            ..self.changes()
        };
        let error = Vault::audited_update(&mut self.conn, &ctx, vault.key(), changes);
        self.fails("check violation of an update", error);
        let new = NewVault {
            passphrase: Default::default(),
            ..self.new_vault()
        };
        let error = Vault::audited_insert(&mut self.conn, &ctx, new);
        self.fails("incomplete", error);

        let bare = AuditContext::new(Actor::user(42)).tenant("acme");
        let new = self.new_vault();
        let error = Vault::audited_insert(&mut self.conn, &bare, new);
        assert!(
            matches!(error, Err(AuditError::Mask { .. })),
            "a token needs a key"
        );
        self.fails("mask failure", error);

        let stale = Vault::key(vault.id, 77);
        let changes = self.changes();
        let error = Vault::audited_update(&mut self.conn, &ctx, stale, changes);
        self.fails("conflict", error);
        let changes = self.changes();
        let error = Vault::audited_update(
            &mut self.conn,
            &ctx.clone().tenant("other"),
            vault.key(),
            changes,
        );
        self.fails("not found", error);
        let changes = self.changes();
        let nobody = AuditContext::new(Actor::user(42));
        let error = Vault::audited_update(&mut self.conn, &nobody, vault.key(), changes);
        self.fails("no tenant", error);

        let phrase = self.secret("passphrase");
        let error = Vault::audited_edit(&mut self.conn, &ctx, vault.key(), |vault| {
            vault.passphrase = phrase;
            vault.created_by = Actor::user(1);
        });
        self.fails("reserved", error);

        let changes = self.changes();
        let error = audit_diesel::transaction(&mut self.conn, &ctx, |conn, ctx| {
            let _swallowed = Vault::audited_update(conn, ctx, Vault::key(vault.id, 77), changes);
            Ok::<_, AuditError>(())
        });
        self.fails("poisoned", error);

        let deleted = Vault::audited_soft_delete(&mut self.conn, &ctx, vault.key()).unwrap();
        let changes = self.changes();
        let error = Vault::audited_update(&mut self.conn, &ctx, deleted.key(), changes);
        self.fails("deleted", error);
        self.shows("context", &ctx);
        self.shows("configuration", ctx.config_ref());
    }

    /// A client's JSON with secrets where they do not fit, through the cleaner and the forms.
    fn send_bad_json(&mut self) {
        for field in [
            "tax_number",
            "card_number",
            "contact",
            "lookup",
            "key_file",
            "answer",
            "pin",
            "memo",
        ] {
            let secret = self.secret(field);
            for wrong in [
                serde_json::json!([[secret]]),
                serde_json::json!({ &secret: secret }),
                serde_json::json!([{ "Pet": { &secret: 1 } }]),
            ] {
                let text = serde_json::json!({ field: wrong }).to_string();
                self.fails("the new form", serde_json::from_str::<NewVault>(&text));
                self.fails(
                    "the changes form",
                    serde_json::from_str::<VaultChanges>(&text),
                );
            }
        }
        let secret = self.secret("pin");
        let text = serde_json::json!({ "pin": secret, "answer": secret }).to_string();
        self.fails("a number", serde_json::from_str::<VaultChanges>(&text));
        let secret = self.secret("answer");
        let text = serde_json::json!({ "answer": { secret: 1 } }).to_string();
        self.fails("a variant", serde_json::from_str::<VaultChanges>(&text));

        let secret = self.secret("createdBy");
        let reserved = serde_json::json!({ "createdBy": secret, "passphrase": secret });
        self.fails("reserved input", Vault::reject_reserved(&reserved));
        let (_, stripped) = Vault::clean_json(reserved.to_string().as_bytes()).unwrap();
        self.shows("stripped", &stripped);
        let broken = format!("{{\"tax_number\": \"{secret}\", \"tax_number\": \"{secret}\"}}");
        self.fails("a key twice", Vault::clean_json(broken.as_bytes()));
        self.fails(
            "no JSON",
            Vault::clean_json(&broken.as_bytes()[..broken.len() - 1]),
        );
        let server: VaultChanges = serde_json::from_value(reserved).unwrap();
        assert!(
            server.passphrase.is_none(),
            "a server field is never read from input"
        );
    }

    #[track_caller]
    fn found_nowhere(&self, at: &str, text: impl AsRef<[u8]>) {
        let leaks = self.secrets.find(text.as_ref());
        assert!(
            leaks.is_empty(),
            "in {at}: {leaks:?}\n{}",
            String::from_utf8_lossy(text.as_ref())
        );
    }

    /// The audit table, every row and column as text.
    fn log(&mut self) -> String {
        #[derive(QueryableByName)]
        struct Line {
            #[diesel(sql_type = Text)]
            line: String,
        }
        const COLUMNS: &str = "change_id, operation_id, changed_at, recorded_at, tenant_id, table_name, \
            record_id, action, field_name, old_value, new_value, actor_kind, actor_id, on_behalf_of, \
            request_id, reason, context";
        let sql = match NAME {
            "postgres" => "SELECT audit_log::text AS line FROM audit_log ORDER BY seq".to_owned(),
            "mysql" => format!(
                "SELECT concat_ws('|', hex(id), {COLUMNS}) AS line FROM audit_log ORDER BY seq"
            )
            .replace(
                "change_id, operation_id",
                "hex(change_id), hex(operation_id)",
            ),
            _ => {
                let quoted: Vec<String> = COLUMNS
                    .split(", ")
                    .map(|c| format!("quote({})", c.trim()))
                    .collect();
                format!(
                    "SELECT quote(id) || {} AS line FROM audit_log ORDER BY seq",
                    quoted.join(" || '|' || ")
                )
            }
        };
        let lines: Vec<Line> = diesel::sql_query(sql).load(&mut self.conn).unwrap();
        assert!(!lines.is_empty());
        lines.into_iter().map(|line| line.line + "\n").collect()
    }
}

fn keys(vaults: &[Vault]) -> Vec<audit_diesel::Key<Vault>> {
    vaults.iter().map(AuditedKey::key).collect()
}

fn any_version(vaults: &[Vault]) -> Vec<audit_diesel::Key<Vault>> {
    vaults
        .iter()
        .map(|vault| Vault::key_any_version(vault.id))
        .collect()
}
