//! A town's colours: from the one it gives, the light, dark and strong ones of both schemes, each pair readable.

use guichet_core::colour::{Colour, TEXT_CONTRAST_MIN};

/// Backgrounds of the style sheet, light and dark (`--paper`, `--surface`): a test compares them.
const PAPER: [Colour; 2] = [Colour::rgb(0xf6, 0xf7, 0xf4), Colour::rgb(0x12, 0x18, 0x1e)];
const SURFACE: [Colour; 2] = [Colour::WHITE, Colour::rgb(0x1b, 0x23, 0x2b)];
/// Percent of the colour in the tint of a surface.
const TINT_PERCENT: u8 = 12;
/// Percent of black or white in the stronger colour.
const STRONG_PERCENT: u8 = 30;
/// Contrast of the colour with what it stands on, light and dark: by night a dim colour reads as something unavailable.
const BRAND_CONTRAST_MIN: [f64; 2] = [TEXT_CONTRAST_MIN, 7.0];
/// Percent of black or white added at each try.
const STEP_PERCENT: u8 = 4;

/// The colours of one scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Palette {
    brand: Colour,
    strong: Colour,
    on_brand: Colour,
    tint: Colour,
}

/// Returns the style sheet of a town's colour; `None` when it gives none.
pub(crate) fn style(colour: &str) -> Option<String> {
    let [light, dark] = palettes(Colour::parse(colour)?);
    Some(format!(
        ":root {{ {} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {} }} }}\n",
        light.tokens(),
        dark.tokens()
    ))
}

fn palettes(colour: Colour) -> [Palette; 2] {
    [
        palette(colour, 0, (Colour::BLACK, Colour::WHITE)),
        palette(colour, 1, (Colour::WHITE, Colour::rgb(0x0b, 0x14, 0x1a))),
    ]
}

/// Goes from the colour towards `away` until every pair of the visual language can be read.
fn palette(colour: Colour, scheme: usize, (away, on_brand): (Colour, Colour)) -> Palette {
    let (paper, surface) = (PAPER[scheme], SURFACE[scheme]);
    let mut brand = colour;
    loop {
        let tint = surface.mix(brand, TINT_PERCENT);
        let palette = Palette { brand, strong: brand.mix(away, STRONG_PERCENT), on_brand, tint };
        // Black on white and white on black can be read: the loop ends there at the latest.
        if brand == away || palette.is_readable(paper, surface, BRAND_CONTRAST_MIN[scheme]) {
            return palette;
        }
        let next = brand.mix(away, STEP_PERCENT);
        brand = if next == brand { away } else { next };
    }
}

impl Palette {
    fn is_readable(&self, paper: Colour, surface: Colour, brand_min: f64) -> bool {
        let texts = [self.brand, self.strong];
        let grounds = [paper, surface, self.tint];
        let on_grounds = texts.iter().all(|text| grounds.iter().all(|ground| reads(*text, *ground)));
        let stands_out = [paper, surface].iter().all(|ground| self.brand.contrast(*ground) >= brand_min);
        on_grounds && stands_out && texts.iter().all(|ground| reads(self.on_brand, *ground))
    }

    fn tokens(&self) -> String {
        let Self { brand, strong, on_brand, tint } = self;
        format!("--brand: {brand}; --brand-strong: {strong}; --on-brand: {on_brand}; --tint: {tint};")
    }
}

fn reads(text: Colour, ground: Colour) -> bool {
    text.contrast(ground) >= TEXT_CONTRAST_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: &str = include_str!("../assets/guichet.css");

    #[test]
    fn any_colour_becomes_one_that_can_be_read() {
        // The corners of the cube of colours, its middle, and what towns like.
        let levels = [0x00, 0x40, 0x80, 0xc0, 0xff];
        let colours = (0..levels.len().pow(3)).map(|at| {
            let level = |power: u32| levels[at / levels.len().pow(power) % levels.len()];
            Colour::rgb(level(2), level(1), level(0))
        });
        for colour in colours {
            for (scheme, palette) in palettes(colour).iter().enumerate() {
                let readable = palette.is_readable(PAPER[scheme], SURFACE[scheme], BRAND_CONTRAST_MIN[scheme]);
                assert!(readable, "{colour}: {palette:?}");
            }
        }
    }

    #[test]
    fn a_colour_that_can_be_read_is_kept() {
        let blue = Colour::parse("#1d4e6b").expect("a colour");
        assert_eq!(palettes(blue)[0].brand, blue);
        assert!(style("#1d4e6b").is_some_and(|css| css.contains("--brand: #1d4e6b;")));
        assert_eq!(style(""), None);
    }

    #[test]
    fn the_backgrounds_are_those_of_the_style_sheet() {
        let (light, dark) = STYLE.split_once("@media (prefers-color-scheme: dark)").expect("two schemes");
        for (css, place) in [(light, 0), (dark, 1)] {
            for (token, colour) in [("paper", PAPER[place]), ("surface", SURFACE[place])] {
                assert!(css.contains(&format!("--{token}: {colour};")), "--{token} {colour}");
            }
        }
    }

    #[test]
    fn text_on_a_towns_tint_can_be_read() {
        let ink = [Colour::rgb(0x51, 0x60, 0x6f), Colour::rgb(0xa7, 0xb4, 0xbf)];
        for colour in ["#1d4e6b", "#2c5e3f", "#7a2f56", "#e2001a", "#ffcc00", "#009ee0"] {
            let palettes = palettes(Colour::parse(colour).expect("a colour"));
            for (palette, ink) in palettes.iter().zip(ink) {
                assert!(reads(ink, palette.tint), "{colour}: quiet text on {}", palette.tint);
            }
        }
    }
}
