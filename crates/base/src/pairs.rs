//! Serialises maps as lists of pairs, in order, for `#[serde(with = "cordboard_base::pairs")]`: formats such as JSON know only text
//! for keys.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// A map as a list of its pairs.
pub fn serialize<K, V, S>(map: &BTreeMap<K, V>, serializer: S) -> Result<S::Ok, S::Error>
where
    K: Serialize,
    V: Serialize,
    S: Serializer,
{
    serializer.collect_seq(map)
}

/// A map from a list of pairs; of equal keys the last one counts.
pub fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    K: Deserialize<'de> + Ord,
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Table(#[serde(with = "super")] BTreeMap<(u8, u8), bool>);

    #[test]
    fn a_map_with_structured_keys_survives_json() {
        let table = Table(BTreeMap::from([((1, 2), true), ((0, 9), false)]));
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(text, "[[[0,9],false],[[1,2],true]]");
        assert_eq!(serde_json::from_str::<Table>(&text).unwrap(), table);
    }
}
