//! Variety of work: whoever began several pieces of one department in a row is rather offered another kind next, when
//! nothing waits much longer for it. Nothing of it is stored: it begins anew with each load.

/// Number of a department, with the authority that declares it.
pub(crate) type DepartmentIx = u32;

/// Pieces of one department in a row after which another kind is worth more.
const IN_A_ROW: u8 = 3;
/// Share of the target that a change of department is worth then, in thousandths: a quarter of an hour where five hours
/// are the target, fifteen seconds to a caller. It is a gain of what is different and not a loss of what is alike: a loss would be
/// largest for the most urgent, and callers would wait behind letters for their first seconds.
const CHANGE_PERMILLE: i64 = 50;

/// The department of what somebody began last, and how many in a row were its.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Streak {
    department: DepartmentIx,
    length: u8,
}

impl Streak {
    /// Counts a piece that is begun.
    pub(crate) fn begin(&mut self, department: DepartmentIx) {
        let goes_on = self.department == department;
        *self = Self { department, length: if goes_on { (self.length + 1).min(IN_A_ROW) } else { 1 } };
    }

    /// Returns what a piece of a department is worth more for being a change, in thousandths of its target; the department is
    /// asked when it matters.
    #[inline]
    pub(crate) fn gain_permille(self, department: impl FnOnce() -> DepartmentIx) -> i64 {
        let is_change = self.length == IN_A_ROW && self.department != department();
        if is_change { CHANGE_PERMILLE } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_change_is_worth_something_after_three_of_a_kind_in_a_row_and_only_then(
            begun in prop::collection::vec(0_u32..3, 0..12),
            next in 0_u32..3,
        ) {
            let mut streak = Streak::default();
            begun.iter().for_each(|&department| streak.begin(department));
            let last = begun.last_chunk::<3>();
            let three_alike = last.filter(|last| last.iter().all(|&department| department == last[0]));
            let gains = three_alike.is_some_and(|last| last[0] != next);
            prop_assert_eq!(streak.gain_permille(|| next), if gains { CHANGE_PERMILLE } else { 0 });
        }
    }
}
