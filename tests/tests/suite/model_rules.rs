// The rules, without the adapter: what each step leaves in the table and in the trail. Part of
// `model.rs`.

#[derive(Debug, Clone, PartialEq)]
struct Record {
    id: i64,
    tenant: usize,
    name: String,
    email: Option<String>,
    tax: Option<String>,
    password: String,
    search: Option<String>,
    created: (DateTime<Utc>, u32),
    updated: (DateTime<Utc>, u32),
    deleted: Option<(DateTime<Utc>, u32)>,
}

/// `(record, tenant, action, field, old, new, at, user)`
type TrailRow = (
    i64,
    usize,
    &'static str,
    Option<&'static str>,
    Value,
    Value,
    DateTime<Utc>,
    u32,
);

#[derive(Debug, Clone, Default)]
struct Model {
    /// Those that were removed, too: their slots stay.
    slots: Vec<i64>,
    records: Vec<Record>,
    trail: Vec<TrailRow>,
}

#[derive(Debug, PartialEq)]
enum Refused {
    NotFound,
    Deleted,
    Tenant,
}

fn masked_tax(tax: &Option<String>) -> Value {
    match tax {
        None => Value::Null,
        Some(text) if text.len() >= 12 => json!(format!("****{}", &text[text.len() - 4..])),
        Some(_) => json!("***"),
    }
}

impl Record {
    fn whole(&self) -> Value {
        let user = |n: u32| format!("user:{n}");
        let time = |t: DateTime<Utc>| t.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        json!({
            "id": self.id, "company_id": TENANTS[self.tenant], "name": self.name, "email": self.email,
            "tax_number": masked_tax(&self.tax), "password_hash": "***",
            "created_at": time(self.created.0), "created_by": user(self.created.1),
            "updated_at": time(self.updated.0), "updated_by": user(self.updated.1),
            "is_deleted": self.deleted.is_some(), "deleted_at": self.deleted.map(|d| time(d.0)),
            "deleted_by": self.deleted.map(|d| user(d.1)),
        })
    }
}

impl Model {
    fn id(&self, slot: usize) -> i64 {
        if self.slots.is_empty() {
            -1
        } else {
            self.slots[slot % self.slots.len()]
        }
    }

    /// Ids of several slots, each once.
    fn ids(&self, slots: &[usize]) -> Vec<i64> {
        let mut ids = Vec::new();
        for slot in slots {
            let id = self.id(*slot);
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    fn position(&self, id: i64, tenant: usize) -> Result<usize, Refused> {
        self.records
            .iter()
            .position(|r| r.id == id && (tenant == 2 || r.tenant == tenant))
            .ok_or(Refused::NotFound)
    }

    fn inserted(&mut self, id: i64, name: &str, step: &Step, at: DateTime<Utc>) {
        let record = Record {
            id,
            tenant: step.tenant,
            name: name.into(),
            email: None,
            tax: Some("DE123456789012".into()),
            password: "argon2-secret-of-".into(),
            search: None,
            created: (at, step.user),
            updated: (at, step.user),
            deleted: None,
        };
        self.trail.push((
            id,
            step.tenant,
            "insert",
            None,
            Value::Null,
            record.whole(),
            at,
            step.user,
        ));
        self.slots.push(id);
        self.records.push(record);
    }

    fn patch(
        &mut self,
        at: usize,
        patch: &Patch,
        search: Option<Option<&str>>,
        now: DateTime<Utc>,
        user: u32,
    ) {
        let before = self.records[at].clone();
        let record = &mut self.records[at];
        let own = |text: Option<&str>| text.map(str::to_owned);
        record.name = patch.name.map_or(before.name.clone(), str::to_owned);
        record.email = patch.email.map_or(before.email.clone(), own);
        record.tax = patch.tax.map_or(before.tax.clone(), own);
        record.password = patch
            .password
            .map_or(before.password.clone(), str::to_owned);
        record.search = search.map_or(before.search.clone(), own);
        if *record == before {
            return;
        }
        record.updated = (now, user);
        let after = record.clone();
        let mut push = |field, changed: bool, old: Value, new: Value| {
            if changed {
                self.trail.push((
                    after.id,
                    after.tenant,
                    "update",
                    Some(field),
                    old,
                    new,
                    now,
                    user,
                ));
            }
        };
        push(
            "name",
            before.name != after.name,
            json!(before.name),
            json!(after.name),
        );
        push(
            "email",
            before.email != after.email,
            json!(before.email),
            json!(after.email),
        );
        push(
            "tax_number",
            before.tax != after.tax,
            masked_tax(&before.tax),
            masked_tax(&after.tax),
        );
        push(
            "password_hash",
            before.password != after.password,
            json!("***"),
            json!("***"),
        );
    }

    fn flip(&mut self, at: usize, delete: bool, now: DateTime<Utc>, user: u32) {
        let record = &mut self.records[at];
        if record.deleted.is_some() == delete {
            return;
        }
        record.deleted = delete.then_some((now, user));
        record.updated = (now, user);
        let action = if delete { "delete" } else { "restore" };
        let (id, tenant) = (record.id, record.tenant);
        self.trail.push((
            id,
            tenant,
            action,
            Some("is_deleted"),
            json!(!delete),
            json!(delete),
            now,
            user,
        ));
    }

    fn remove(&mut self, at: usize, now: DateTime<Utc>, user: u32) {
        let record = self.records.remove(at);
        self.trail.push((
            record.id,
            record.tenant,
            "delete",
            None,
            record.whole(),
            Value::Null,
            now,
            user,
        ));
    }

    /// `made` are the keys of new records.
    fn apply(&mut self, step: &Step, made: &[i64], now: DateTime<Utc>) -> Result<(), Refused> {
        let (tenant, user) = (step.tenant, step.user);
        let many = |model: &Self, slots: &[usize], live: bool| -> Result<Vec<i64>, Refused> {
            let mut ids = model.ids(slots);
            let found: Vec<usize> = ids
                .iter()
                .map(|id| model.position(*id, tenant))
                .collect::<Result<_, _>>()?;
            if live && found.iter().any(|at| model.records[*at].deleted.is_some()) {
                return Err(Refused::Deleted);
            }
            ids.sort_unstable();
            Ok(ids)
        };
        let seen = |model: &Self, deleted: bool| -> Vec<i64> {
            let all = model.records.iter().filter(|r| {
                (tenant == 2 || r.tenant == tenant)
                    && r.deleted.is_some() == deleted
                    && r.email.is_none()
            });
            let mut ids: Vec<i64> = all.map(|r| r.id).collect();
            ids.sort_unstable();
            ids
        };
        match &step.act {
            Act::Insert(_) | Act::InsertMany(_) if tenant == 2 => return Err(Refused::Tenant),
            Act::Insert(name) => self.inserted(made[0], name, step, now),
            Act::InsertMany(count) => {
                for n in 0..*count {
                    self.inserted(made[n], NAMES[n], step, now);
                }
            }
            Act::Update(slot, patch) => {
                let id = many(self, &[*slot], true)?[0];
                self.patch(self.position(id, tenant)?, patch, None, now, user);
            }
            Act::Edit(slot, patch, search) => {
                let id = many(self, &[*slot], true)?[0];
                self.patch(self.position(id, tenant)?, patch, *search, now, user);
            }
            Act::Flip(slot, delete) => {
                self.flip(self.position(self.id(*slot), tenant)?, *delete, now, user)
            }
            Act::Delete(slot) => self.remove(self.position(self.id(*slot), tenant)?, now, user),
            Act::UpdateMany(slots, patch) => {
                for id in many(self, slots, true)? {
                    self.patch(self.position(id, tenant)?, patch, None, now, user);
                }
            }
            Act::FlipMany(slots, delete) => {
                for id in many(self, slots, false)? {
                    self.flip(self.position(id, tenant)?, *delete, now, user);
                }
            }
            Act::DeleteMany(slots) => {
                for id in many(self, slots, false)? {
                    self.remove(self.position(id, tenant)?, now, user);
                }
            }
            Act::UpdateWhere(patch) => {
                for id in seen(self, false) {
                    self.patch(self.position(id, tenant)?, patch, None, now, user);
                }
            }
            Act::FlipWhere(delete) => {
                for id in seen(self, !*delete) {
                    self.flip(self.position(id, tenant)?, *delete, now, user);
                }
            }
        }
        Ok(())
    }
}
