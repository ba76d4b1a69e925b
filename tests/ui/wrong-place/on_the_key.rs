//! The trail names its records by the key, which is no stamp.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
    }
}

mod masked {
    use audit_diesel::prelude::*;

    #[derive(Audited)]
    #[diesel(table_name = super::accounts)]
    #[audit(exempt(created_at, created_by, updated_at, updated_by))]
    struct Account {
        #[audit(mask = "redact")]
        id: i64,
    }
}

mod skipped {
    use audit_diesel::prelude::*;

    diesel::table! {
        orders (shop, number) {
            shop -> BigInt,
            number -> BigInt,
        }
    }

    #[derive(Audited)]
    #[diesel(table_name = orders, primary_key(shop, number))]
    #[audit(exempt(created_at, created_by, updated_at, updated_by))]
    struct Order {
        shop: i64,
        #[audit(skip)]
        number: i64,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    #[audit(version)]
    id: i64,
}

fn main() {}
