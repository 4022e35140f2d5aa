//! The names that may stand in braces, and where.

use guichet_core::codes;

use crate::domain::notice::{Medium, Notice};

codes! {
    /// A piece of data a text may name.
    Field {
        /// The reference.
        Numero = "numero",
        /// Name of the authority.
        Autorite = "autorite",
        /// « Bonjour Awa Diop ».
        Salutation = "salutation",
        /// The desk's telephone.
        Telephone = "telephone",
        /// The desk's hours in words.
        Horaires = "horaires",
        /// The desk's postal address.
        Adresse = "adresse",
        /// The desk's mailbox.
        Courriel = "courriel",
        /// Where to follow the request.
        Suivi = "suivi",
        /// Name of the procedure.
        Demarche = "demarche",
        /// What the usager called it.
        Objet = "objet",
        /// When it was received.
        RecueLe = "recue_le",
        /// Name of the department in charge.
        Service = "service",
        /// Its postal address.
        AdresseService = "adresse_service",
        /// Its telephone.
        TelephoneService = "telephone_service",
        /// Its mailbox.
        CourrielService = "courriel_service",
        /// The sentence about the announced date.
        Delai = "delai",
        /// The announced date.
        DatePrevue = "date_prevue",
        /// The sentence about silence, empty when the law attaches nothing to it.
        Silence = "silence",
        /// The latest date of the receipt.
        DateAccuse = "date_accuse",
        /// The agent's words.
        Reponse = "reponse",
        /// The sentence about the result, empty when there is none.
        Resultat = "resultat",
        /// Name, capacity, department and telephone of the agent.
        Signature = "signature",
        /// How to contest a refusal, empty otherwise.
        Recours = "recours",
        /// What to do next.
        Suite = "suite",
        /// The sentence about the date papers are due, empty when there is none.
        Echeance = "echeance",
        /// That date.
        DateLimite = "date_limite",
        /// What becomes of the delay meanwhile.
        DelaiPieces = "delai_pieces",
        /// Name of the outside body.
        Organisme = "organisme",
        /// The sentence with its telephone.
        TelephoneOrganisme = "telephone_organisme",
        /// When it was handed over.
        TransmiseLe = "transmise_le",
        /// The new announced date.
        NouvelleDate = "nouvelle_date",
        /// Why it ended.
        Motif = "motif",
    }
}

/// Known to every notice and fit for an SMS: nothing of it says what the request is about.
const PUBLIC: &[Field] = &[Field::Numero, Field::Autorite, Field::Telephone, Field::Horaires, Field::Suivi];
/// Known to every notice that only the usager reads.
const PRIVATE: &[Field] = &[
    Field::Salutation,
    Field::Adresse,
    Field::Courriel,
    Field::Demarche,
    Field::Objet,
    Field::RecueLe,
    Field::Service,
];

impl Notice {
    /// Returns the fields a text of this notice may name besides the common ones, and those an SMS may.
    const fn own_fields(self) -> (&'static [Field], &'static [Field]) {
        use Field::{
            AdresseService, CourrielService, DateAccuse, DateLimite, DatePrevue, Delai, DelaiPieces, Echeance, Motif,
            NouvelleDate, Organisme, Recours, Reponse, Resultat, Signature, Silence, Suite, TelephoneOrganisme,
            TelephoneService, TransmiseLe,
        };
        match self {
            Self::RegistrationAck => (&[], &[DateAccuse]),
            Self::ReceiptAck => (&[AdresseService, TelephoneService, CourrielService, Silence], &[Delai, DatePrevue]),
            Self::Answer => (&[Reponse, Resultat, Signature, Recours, Suite], &[]),
            Self::MissingPapers => (&[Reponse, Signature, DelaiPieces], &[Echeance, DateLimite]),
            Self::SentElsewhere => (&[Organisme, TelephoneOrganisme], &[TransmiseLe]),
            Self::Delayed => (&[], &[NouvelleDate]),
            Self::Closed => (&[Motif, Suite], &[]),
            Self::Wait => (&[DelaiPieces], &[Echeance, DateLimite]),
        }
    }

    /// Returns every field a text of this notice and medium may name. An SMS is read over a shoulder: nothing personal.
    pub fn fields(self, medium: Medium) -> Vec<Field> {
        let (private, public) = self.own_fields();
        let mut fields = [PUBLIC, public].concat();
        if medium != Medium::Sms {
            fields.extend([PRIVATE, private].concat());
        }
        fields
    }

    /// Returns the fields without which a text would not do its duty: the number and a telephone on every message, and
    /// what the law wants in an acknowledgement (CRPA R.112-11-1).
    pub fn required_fields(self, medium: Medium) -> Vec<Field> {
        let mut fields = vec![Field::Numero, Field::Telephone];
        if medium == Medium::Sms {
            fields.push(Field::Autorite);
            return fields;
        }
        fields.extend_from_slice(match self {
            Self::RegistrationAck => &[Field::RecueLe, Field::DateAccuse],
            Self::ReceiptAck => &[
                Field::RecueLe,
                Field::Service,
                Field::AdresseService,
                Field::TelephoneService,
                Field::CourrielService,
                Field::Delai,
                Field::Silence,
            ],
            Self::Answer => &[Field::Reponse, Field::Signature, Field::Recours],
            Self::MissingPapers => &[Field::Reponse, Field::Echeance],
            Self::SentElsewhere => &[Field::Organisme],
            Self::Delayed => &[Field::NouvelleDate],
            Self::Closed => &[Field::Motif],
            Self::Wait => &[],
        });
        fields
    }
}
