"""What ordinary charts are full of: rows of codes and words from which `payload.py` makes resources.

Most rows mean nothing to our rules, as in life. KNOWN_MEASURES carry codes that value sets hold, with values that stay quiet.
"""

SNOMED, LOINC, RXNORM = "http://snomed.info/sct", "http://loinc.org", "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10, CPT, UCUM = "http://hl7.org/fhir/sid/icd-10-cm", "http://www.ama-assn.org/go/cpt", "http://unitsofmeasure.org"

# LOINC code, name, unit, low, high
LABS = (
    ("2345-7", "Glucose", "mg/dL", 70, 180),
    ("2160-0", "Creatinine", "mg/dL", 0.6, 1.4),
    ("3094-0", "Urea nitrogen", "mg/dL", 6, 24),
    ("2951-2", "Sodium", "mmol/L", 133, 146),
    ("2823-3", "Potassium", "mmol/L", 3.3, 5.2),
    ("2075-0", "Chloride", "mmol/L", 96, 108),
    ("2028-9", "Carbon dioxide", "mmol/L", 20, 31),
    ("17861-6", "Calcium", "mg/dL", 8.4, 10.4),
    ("1920-8", "Aspartate aminotransferase", "U/L", 10, 60),
    ("1742-6", "Alanine aminotransferase", "U/L", 8, 70),
    ("6768-6", "Alkaline phosphatase", "U/L", 35, 130),
    ("1975-2", "Bilirubin", "mg/dL", 0.1, 1.4),
    ("1751-7", "Albumin", "g/dL", 3.2, 5.1),
    ("2885-2", "Protein", "g/dL", 6, 8.4),
    ("6690-2", "Leucocytes", "10*3/uL", 3.8, 11.5),
    ("789-8", "Erythrocytes", "10*6/uL", 3.8, 5.8),
    ("718-7", "Haemoglobin", "g/dL", 11.5, 17),
    ("4544-3", "Haematocrit", "%", 35, 50),
    ("787-2", "Mean corpuscular volume", "fL", 78, 101),
    ("2093-3", "Cholesterol", "mg/dL", 120, 270),
    ("2085-9", "HDL cholesterol", "mg/dL", 30, 90),
    ("2571-8", "Triglycerides", "mg/dL", 50, 310),
    ("3016-3", "Thyrotropin", "m[IU]/L", 0.3, 6),
    ("33914-3", "Glomerular filtration rate, estimated", "mL/min/{1.73_m2}", 45, 110),
)
VITALS = (
    ("8867-4", "Heart rate", "/min", 52, 104),
    ("9279-1", "Respiratory rate", "/min", 11, 21),
    ("29463-7", "Body weight", "kg", 52, 118),
    ("8302-2", "Body height", "cm", 152, 194),
    ("39156-5", "Body mass index", "kg/m2", 19, 38),
    ("2708-6", "Oxygen saturation", "%", 93, 100),
    ("8287-5", "Head circumference", "cm", 51, 61),
)
SURVEYS = (
    ("44261-6", "Patient health questionnaire, 9 items", "{score}", 0, 14),
    ("55758-7", "Patient health questionnaire, 2 items", "{score}", 0, 4),
    ("70274-6", "Generalised anxiety, 7 items", "{score}", 0, 12),
    ("75626-2", "Alcohol use, 3 items", "{score}", 0, 6),
)
KNOWN_MEASURES = (
    ("4548-4", "Haemoglobin A1c", "%", 5.1, 6.8),
    ("777-3", "Platelets", "10*3/uL", 170, 340),
    ("6301-6", "INR", "{INR}", 0.9, 1.1),
    ("8310-5", "Body temperature", "Cel", 36.2, 37.1),
)
# SNOMED CT, ICD-10-CM, words
CONDITIONS = (
    ("38341003", "I10", "Essential hypertension"),
    ("55822004", "E78.5", "Hyperlipidaemia"),
    ("235595009", "K21.9", "Gastro-oesophageal reflux disease"),
    ("195967001", "J45.909", "Asthma"),
    ("40930008", "E03.9", "Hypothyroidism"),
    ("414916001", "E66.9", "Obesity"),
    ("37796009", "G43.909", "Migraine"),
    ("193570009", "H26.9", "Cataract, right eye"),
    ("9014002", "L40.9", "Psoriasis"),
    ("90560007", "M10.9", "Gout of the left great toe"),
    ("61582004", "J30.9", "Allergic rhinitis"),
    ("87522002", "D50.9", "Iron deficiency anaemia"),
    ("193462001", "G47.00", "Insomnia"),
    ("49436004", "I48.91", "Atrial fibrillation"),
    ("10509002", "J20.9", "Acute bronchitis"),
    ("68566005", "N39.0", "Urinary tract infection"),
    ("60862001", "H93.19", "Tinnitus"),
)
# SNOMED CT, CPT, words
PROCEDURES = (
    ("73761001", "45378", "Colonoscopy"),
    ("29303009", "93000", "Electrocardiogram, 12 leads"),
    ("54885007", "66984", "Cataract extraction with lens implant, left eye"),
    ("71651007", "77067", "Screening mammography"),
    ("399208008", "71046", "Chest radiograph, two views"),
    ("40701008", "93306", "Transthoracic echocardiogram"),
    ("80146002", "44970", "Laparoscopic appendectomy"),
    ("38102005", "47562", "Laparoscopic cholecystectomy"),
    ("127783003", "94010", "Spirometry"),
    ("240977001", "11102", "Biopsy of skin"),
)
# RxNorm, words
DRUGS = (
    ("314076", "lisinopril 10 MG Oral Tablet"),
    ("617310", "atorvastatin 20 MG Oral Tablet"),
    ("861007", "metformin hydrochloride 500 MG Oral Tablet"),
    ("197361", "amlodipine 5 MG Oral Tablet"),
    ("198051", "omeprazole 20 MG Delayed Release Oral Capsule"),
    ("310798", "hydrochlorothiazide 25 MG Oral Tablet"),
    ("866924", "metoprolol tartrate 25 MG Oral Tablet"),
    ("745679", "albuterol 90 MCG Metered Dose Inhaler, 200 actuations"),
)
ALLERGENS = (("91936005", "Penicillin"), ("300913006", "Shellfish"), ("91934008", "Nuts"), ("232347008", "Dander"))
ORDERS = (
    ("24323-8", "80053", "Comprehensive metabolic panel"),
    ("58410-2", "85025", "Blood count, complete"),
    ("57698-3", "80061", "Lipid panel"),
)
# LOINC code, name, what the report says
REPORTS = (
    ("36643-5", "Chest X-ray, two views", "Lungs are clear. Heart size is normal. No pleural effusion. No acute abnormality."),
    ("34552-0", "Echocardiogram", "Left ventricular size and function are normal. Mild mitral regurgitation. Ejection fraction 60 %."),
    (
        "24606-6",
        "Mammogram, screening",
        "Scattered fibroglandular densities. No suspicious mass or calcification in either breast. Routine follow-up.",
    ),
    ("18746-8", "Colonoscopy", "Caecum reached. Two small polyps removed from the sigmoid. Diverticulosis. Repeat in five years."),
    ("58410-2", "Blood count", "Automated count. All indices within the reference interval."),
    ("24323-8", "Metabolic panel", "Specimen slightly haemolysed; potassium may be falsely raised."),
)
# Ordinary prose for narratives and notes.
PROSE = """
the patient was seen today and reviewed with the care team plan continue present treatment return in three months call with
questions results discussed understanding voiced medication list reconciled diet sleep work family travel vaccination due
appointment record clinic nurse physician laboratory specimen collected reported verified reference interval method comment device
department order
""".split()  # noqa: SIM905 - a list of single words reads worse
