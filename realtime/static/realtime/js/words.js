// The words that the server hands over: one source for the first paint and for what the scripts write later.

const { worst_first, status_words, since_words, failure_words, evidence_words, assessment_words, indicators, period_words, reading_units, phrases } =
  JSON.parse(document.querySelector("#words").textContent);

export {
  worst_first as WORST_FIRST,
  status_words as STATUS_WORDS,
  since_words as SINCE_WORDS,
  failure_words as FAILURE_WORDS,
  evidence_words as EVIDENCE_WORDS,
  assessment_words as ASSESSMENT_WORDS,
  indicators as INDICATORS,
  period_words as PERIOD_WORDS,
  reading_units as READING_UNITS,
  phrases as PHRASES,
};
