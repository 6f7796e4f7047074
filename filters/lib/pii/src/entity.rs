use std::fmt;

/// Lists the kinds of personal data: variant, name, label in a placeholder.
macro_rules! entities {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $label:literal;)*) => {
        /// A kind of personal data. Names are those of Presidio where it has the kind.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Entity {
            $($(#[$doc])* $variant,)*
            /// One that the configuration defines, by its place there.
            Custom(u8),
        }

        impl Entity {
            /// Every kind that is recognised without configuration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in configuration, headers and metrics; `CUSTOM` for those that the configuration names.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Custom(_) => "CUSTOM",
                }
            }

            /// What a placeholder calls it.
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)*
                    Self::Custom(_) => "CUSTOM",
                }
            }
        }
    };
}

entities! {
    /// An e-mail address.
    EmailAddress = "EMAIL_ADDRESS", "EMAIL";
    /// A telephone number, international or national.
    PhoneNumber = "PHONE_NUMBER", "PHONE";
    /// The number of a payment card.
    CreditCard = "CREDIT_CARD", "CARD";
    /// An international bank account number.
    IbanCode = "IBAN_CODE", "IBAN";
    /// A bank's SWIFT or BIC code.
    SwiftCode = "SWIFT_CODE", "SWIFT";
    /// US social security number.
    UsSsn = "US_SSN", "SSN";
    /// US individual taxpayer identification number.
    UsItin = "US_ITIN", "ITIN";
    /// UK national insurance number.
    UkNino = "UK_NINO", "NINO";
    /// UK National Health Service number.
    UkNhs = "UK_NHS", "NHS";
    /// German tax identification number.
    DeTaxId = "DE_TAX_ID", "DE_TAX";
    /// French social security number.
    FrNir = "FR_NIR", "NIR";
    /// Spanish identity document of citizens, DNI.
    EsNif = "ES_NIF", "NIF";
    /// Spanish identity number of foreigners.
    EsNie = "ES_NIE", "NIE";
    /// Italian fiscal code.
    ItFiscalCode = "IT_FISCAL_CODE", "IT_CF";
    /// Dutch citizen service number.
    NlBsn = "NL_BSN", "BSN";
    /// Polish personal number.
    PlPesel = "PL_PESEL", "PESEL";
    /// Indian Aadhaar number.
    InAadhaar = "IN_AADHAAR", "AADHAAR";
    /// Indian permanent account number.
    InPan = "IN_PAN", "IN_PAN";
    /// Chinese resident identity number.
    CnResidentId = "CN_RESIDENT_ID", "CN_ID";
    /// Brazilian number of persons.
    BrCpf = "BR_CPF", "CPF";
    /// Brazilian number of companies.
    BrCnpj = "BR_CNPJ", "CNPJ";
    /// Australian tax file number.
    AuTfn = "AU_TFN", "TFN";
    /// Australian business number.
    AuAbn = "AU_ABN", "ABN";
    /// Australian Medicare card.
    AuMedicare = "AU_MEDICARE", "MEDICARE";
    /// Singaporean NRIC or FIN.
    SgNricFin = "SG_NRIC_FIN", "NRIC";
    /// Canadian social insurance number.
    CaSin = "CA_SIN", "SIN";
    /// Japanese individual number.
    JpMyNumber = "JP_MY_NUMBER", "MY_NUMBER";
    /// Korean resident registration number.
    KrRrn = "KR_RRN", "RRN";
    /// An IPv4 or IPv6 address.
    IpAddress = "IP_ADDRESS", "IP";
    /// A hardware address.
    MacAddress = "MAC_ADDRESS", "MAC";
    /// A URL with user name and password in it.
    UrlCredentials = "URL_CREDENTIALS", "URL";
    /// An address of a Bitcoin or Ethereum wallet.
    Crypto = "CRYPTO", "WALLET";
    /// A date that words around it call one of birth.
    DateOfBirth = "DATE_OF_BIRTH", "BIRTH_DATE";
    /// A number that words around it call one of a medical record.
    MedicalRecordNumber = "MEDICAL_RECORD_NUMBER", "MRN";
    /// A private key in PEM.
    PrivateKey = "PRIVATE_KEY", "PRIVATE_KEY";
    /// A JSON web token.
    Jwt = "JWT", "JWT";
    /// A key of Amazon Web Services.
    AwsKey = "AWS_KEY", "AWS_KEY";
    /// A key of Google Cloud.
    GcpKey = "GCP_KEY", "GCP_KEY";
    /// A key of Azure.
    AzureKey = "AZURE_KEY", "AZURE_KEY";
    /// A token of GitHub.
    GithubToken = "GITHUB_TOKEN", "GITHUB_TOKEN";
    /// A token of Slack.
    SlackToken = "SLACK_TOKEN", "SLACK_TOKEN";
    /// A secret key of Stripe.
    StripeKey = "STRIPE_KEY", "STRIPE_KEY";
    /// A key of OpenAI.
    OpenAiKey = "OPENAI_KEY", "OPENAI_KEY";
    /// A key of Anthropic.
    AnthropicKey = "ANTHROPIC_KEY", "ANTHROPIC_KEY";
    /// What stands after a word such as `password=`.
    Password = "PASSWORD", "PASSWORD";
}

/// How many kinds the configuration may define.
pub const MOST_CUSTOM: usize = 64;

impl Entity {
    /// How many kinds are recognised without configuration.
    pub const BUILT_IN: usize = Self::ALL.len();

    /// A number below [`Entity::BUILT_IN`] plus [`MOST_CUSTOM`], different for each kind.
    pub fn index(self) -> usize {
        match self {
            Self::Custom(index) => Self::BUILT_IN + usize::from(index),
            _ => Self::ALL
                .iter()
                .position(|entity| *entity == self)
                .unwrap_or_default(),
        }
    }

    /// The kind with this name, if one is recognised without configuration.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|entity| entity.name() == name).copied()
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
