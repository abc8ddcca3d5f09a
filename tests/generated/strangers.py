"""Resources that have nothing to do with the matter."""

from tests.service.charts import ago, allergy, concept, condition, observation, order, prescription, procedure, report

STRANGERS = {
    "blood pressure": ("conditions", condition("stranger", code=concept(text="Essential hypertension"))),
    "a flu vaccine": ("procedures", procedure("stranger", code=concept(text="Influenza vaccination"), performedDateTime=ago(40))),
    "creatinine": ("labs", observation("stranger", code=concept(text="Creatinine"), valueQuantity={"value": 0.9, "unit": "mg/dL"})),
    "a chest X-ray": ("reports", report("Clear lungs.", "stranger", code=concept(text="Chest X-ray"), effectiveDateTime=ago(3))),
    "heart sounds": ("exams", observation("stranger", code=concept(text="Heart sounds"), valueString="Regular.")),
    "penicillin": ("allergies", allergy("Penicillin", "stranger")),
    "an eye referral": ("orders", order("stranger", code=concept(text="Referral to ophthalmology"))),
    "lisinopril": ("medications", prescription("Lisinopril 10 mg", "stranger")),
}
