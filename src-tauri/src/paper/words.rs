//! The words on papers, in the languages that papers come in.

use super::sheet::Direction;
use crate::kernel::{BusinessDate, Currency, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language that papers come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
    /// Arabic, from right to left.
    Ar,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 3] = [Language::En, Language::Fr, Language::Ar];

    pub(super) const fn direction(self) -> Direction {
        match self {
            Language::En | Language::Fr => Direction::LeftToRight,
            Language::Ar => Direction::RightToLeft,
        }
    }
}

macro_rules! words { ($( $name:ident $en:literal $fr:literal $ar:literal; )*) => {
    /// A word of Daybook's own.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) enum Word { $( $name, )* }

    impl Word {
        #[cfg(test)]
        pub(super) const ALL: &[Word] = &[ $( Word::$name, )* ];

        pub(super) const fn say(self, language: Language) -> &'static str {
            match (self, language) {
                $( (Word::$name, Language::En) => $en, (Word::$name, Language::Fr) => $fr, (Word::$name, Language::Ar) => $ar, )*
            }
        }
    }
} }
words! {
    Transfer "Transfer" "Virement interne" "تحويل";
    Opening "Opening balance" "Solde d’ouverture" "رصيد افتتاحي";
    Training "TRAINING" "EXERCICE" "تدريب";
    Copy "COPY" "DUPLICATA" "نسخة";
    Date "Date" "Date" "التاريخ";
    From "From" "De" "من";
    To "To" "À" "إلى";
    Account "Account" "Compte" "الحساب";
    Amount "Amount" "Montant" "المبلغ";
    Fee "Fee" "Frais" "الرسوم";
    LeftTheAccount "Left the account" "Sorti du compte" "الخارج من الحساب";
    Memo "Memo" "Libellé" "البيان";
    Person "By" "Par" "بواسطة";
    Reversed "REVERSED" "ANNULÉ" "ملغى";
    Bill "Invoice" "Facture" "فاتورة";
    Debt "Earlier debt" "Créance antérieure" "دين سابق";
    CreditNote "Credit note" "Avoir" "إشعار دائن";
    WriteOff "Write-off" "Abandon de créance" "شطب دين";
    Receipt "Receipt" "Reçu" "إيصال";
    Refund "Refund" "Remboursement" "استرداد";
    Loan "Loan" "Prêt" "قرض";
    Statement "Statement" "Relevé de compte" "كشف حساب";
    Adjustment "Adjustment" "Régularisation" "تسوية";
    Voided "VOIDED" "ANNULÉE" "ملغاة";
    Reversal "REVERSAL" "CONTRE-PASSATION" "قيد عكسي";
    Due "Due" "Échéance" "تاريخ الاستحقاق";
    Customer "Customer" "Client" "العميل";
    TaxNumber "Tax number" "N° fiscal" "الرقم الضريبي";
    Reference "Reference" "Référence" "المرجع";
    Credits "For invoice" "Sur facture" "عن الفاتورة";
    Reverses "Reverses" "Annule" "يعكس";
    Reason "Reason" "Motif" "السبب";
    Item "Item" "Désignation" "الصنف";
    Quantity "Quantity" "Quantité" "الكمية";
    Price "Price" "Prix" "السعر";
    Discount "Discount" "Remise" "الخصم";
    Net "Net" "Hors taxe" "الصافي";
    Tax "Tax" "Taxe" "الضريبة";
    NoTax "No tax" "Sans taxe" "بدون ضريبة";
    Total "Total" "Total" "الإجمالي";
    TaxIncluded "Prices include tax" "Prix taxe comprise" "الأسعار شاملة الضريبة";
    Paid "Paid" "Payé" "المدفوع";
    Given "Given" "Reçu du client" "المستلم";
    Change "Change" "Rendu" "الباقي";
    StillToPay "To pay" "Reste à payer" "المتبقي للدفع";
    PaidInto "Paid into" "Encaissé sur" "الحساب";
    PaidFrom "Paid from" "Payé de" "من الحساب";
    Rounding "Rounding" "Arrondi" "التقريب";
    Pays "Pays" "Règle" "يسدد";
    LeftAsCredit "Left as credit" "Reste en avoir" "رصيد للعميل";
    OwedOn "Owed on" "Dû au" "المستحق في";
    CreditOn "Credit on" "Avoir au" "رصيد العميل في";
    Overdue "Of that overdue" "Dont échu" "منه متأخر";
    BroughtForward "Brought forward" "Report" "رصيد مرحّل";
    Balance "Balance" "Solde" "الرصيد";
    Document "Document" "Pièce" "المستند";
    ReasonVoid "Issued by mistake" "Émise par erreur" "صدرت بالخطأ";
    ReasonReturn "Goods returned" "Retour de marchandise" "إرجاع بضاعة";
    ReasonPrice "Price reduced" "Prix réduit" "تخفيض السعر";
    ReasonGoodwill "Discount afterwards" "Remise accordée" "خصم لاحق";
    ReasonMoved "Moved to another account" "Transféré" "نُقل إلى حساب آخر";
    ReasonBadDebt "Will not be paid" "Irrécouvrable" "دين معدوم";
    ReasonRounding "Rounding" "Arrondi" "تقريب";
    ReasonOther "Other" "Autre" "سبب آخر";
    ReasonMistake "Mistake" "Erreur" "خطأ";
    ReasonReturned "Returned unpaid" "Revenu impayé" "أعيد دون دفع";
}

const MONTHS: [[&str; 12]; 3] = [
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
    ["يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"],
];

/// A date with its month as a word, so that nobody takes the one for the other.
pub(super) fn date(date: BusinessDate, language: Language) -> String {
    let (year, month, day) = date.parts();
    let months = MONTHS[Language::ALL.iter().position(|other| *other == language).unwrap_or_default()];
    format!("{day} {} {year}", months[usize::from(month) - 1])
}

/// An amount without its currency, for columns: `1,234.50`.
pub(super) fn figure(minor: Money, currency: Currency, language: Language) -> String {
    let shown = amount(minor, currency, language);
    shown.rsplit_once(' ').map_or(shown.clone(), |(figure, _)| figure.to_owned())
}

/// A number of thousandths or of ten-thousandths and the like, without needless zeros: `1.275`, in French `1,275`.
pub(super) fn decimal(parts: i64, digits: usize, language: Language) -> String {
    let text = format!("{:0width$}", parts.unsigned_abs(), width = digits + 1);
    let (whole, rest) = text.split_at(text.len() - digits);
    let rest = rest.trim_end_matches('0');
    let sign = if parts < 0 { "\u{2212}" } else { "" };
    let point = match (rest.is_empty(), language) {
        (true, _) => "",
        (false, Language::Fr) => ",",
        (false, Language::En | Language::Ar) => ".",
    };
    format!("{sign}{whole}{point}{rest}")
}

/// A rate of parts per million as percent: `16 %`.
pub(super) fn percent(ppm: i64, language: Language) -> String {
    format!("{}\u{a0}%", decimal(ppm, 4, language))
}

/// An amount in its currency: `1,234.50 KES`, in French `1 234,50 KES`.
pub(super) fn amount(amount: Money, currency: Currency, language: Language) -> String {
    let shown = currency.show(amount).replace('-', "\u{2212}");
    match language {
        Language::En | Language::Ar => shown,
        // The blank of thousands is one that doesn't break.
        Language::Fr => shown.replace('.', "\u{1}").replace(',', "\u{a0}").replace('\u{1}', ","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_said_in_each_language() {
        for word in Word::ALL {
            for language in Language::ALL {
                assert!(!word.say(language).trim().is_empty(), "{word:?} {language:?}");
            }
            assert_ne!(word.say(Language::En), word.say(Language::Ar), "{word:?}");
        }
    }

    #[test]
    fn numbers_have_no_needless_zeros() {
        assert_eq!(decimal(1_275, 3, Language::En), "1.275");
        assert_eq!(decimal(-2_500, 3, Language::Fr), "−2,5");
        assert_eq!(decimal(0, 3, Language::En), "0");
        assert_eq!(percent(160_000, Language::En), "16\u{a0}%");
        assert_eq!(percent(55_000, Language::Fr), "5,5\u{a0}%");
        let kwd = Currency::parse("KWD").unwrap();
        assert_eq!(figure(Money::new(1_234_567).unwrap(), kwd, Language::En), "1,234.567");
    }

    #[test]
    fn amounts_and_dates_are_written_as_each_language_does() {
        let kes = Currency::parse("KES").unwrap();
        let owed = Money::new(-123_456_789).unwrap();
        assert_eq!(amount(owed, kes, Language::En), "−1,234,567.89 KES");
        assert_eq!(amount(owed, kes, Language::Fr), "−1\u{a0}234\u{a0}567,89 KES");
        let day = BusinessDate::parse("2026-02-09").unwrap();
        assert_eq!(Language::ALL.map(|language| date(day, language)), ["9 Feb 2026", "9 févr. 2026", "9 فبراير 2026"]);
    }
}
