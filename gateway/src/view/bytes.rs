//! Sizes of files in French units.

/// Returns a size as people read it: « 1,4 Mo ».
pub(crate) fn size(octets: u64) -> String {
    const UNIT: u64 = 1024;
    let (unit, name) = match octets {
        0..UNIT => return format!("{octets}\u{a0}octets"),
        UNIT..1_048_576 => (UNIT, "Ko"),
        _ => (UNIT * UNIT, "Mo"),
    };
    let tenths = octets * 10 / unit;
    if tenths.is_multiple_of(10) || tenths >= 100 {
        format!("{}\u{a0}{name}", tenths / 10)
    } else {
        format!("{},{}\u{a0}{name}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_at_a_glance() {
        assert_eq!(size(512), "512\u{a0}octets");
        assert_eq!(size(1_500), "1,4\u{a0}Ko");
        assert_eq!(size(31_457_280), "30\u{a0}Mo");
    }
}
