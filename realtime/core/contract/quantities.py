"""The kinds of numbers and words that more than one field of the answers has: unit, conversion and rounding of each."""

from realtime.core.comparison import INDICATORS, Assessment, Trend
from realtime.core.contract.shapes import Choice, Flag, Moment, Number, Text, Whole
from realtime.core.records import Evidence, FailureKind, FaultCode, Status

TEXT = Text()
FLAG = Flag()
MOMENT = Moment()

COUNT = Whole()
SECONDS = Whole(unit="seconds")
DAYS = Whole(unit="days", least=None)
# Any number that a service sends: its unit is that of the service.
READING = Number()
UPTIME_SECONDS = Number(unit="seconds")
MILLISECONDS = Number(unit="milliseconds", per_unit=1000, decimals=1, least=0)
PERCENT = Number(unit="percent", per_unit=100, decimals=2, least=0)
HEALTH_PERCENT = Number(unit="percent", per_unit=100, decimals=1, least=0)
# Of the previous figure; given in percent.
CHANGE_PERCENT = Number(unit="percent", decimals=1)
MEAN_COUNT = Number(unit="services", least=0)
EVENTS_PER_SECOND = Number(unit="events per second")
EVENTS_PER_MINUTE = Number(unit="events per minute", per_unit=60)
EVENTS_PER_HOUR = Number(unit="events per hour", per_unit=3600)
# Given per minute.
FAILURES_PER_MINUTE = Number(unit="failures per minute", decimals=2, least=0)

STATUS = Choice(name="Status", words=tuple(Status))
EVIDENCE = Choice(name="Evidence", words=tuple(Evidence))
FAILURE_KIND = Choice(name="FailureKind", words=tuple(FailureKind))
FAULT_CODE = Choice(name="FaultCode", words=tuple(FaultCode))
TREND = Choice(name="Trend", words=tuple(Trend))
INDICATOR = Choice(name="Indicator", words=tuple(INDICATORS.values()))
ASSESSMENT = Choice(name="Assessment", words=tuple(Assessment))
