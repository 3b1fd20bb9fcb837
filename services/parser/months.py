"""The names of the months as the press of the Maghreb, of the Arab East, of France, Spain and England prints them."""

from services.parser.text import fold

# A line a month. Arabic has four vocabularies (Morocco; Algeria and Tunisia; Egypt and the Gulf; the Levant) and each
# has spellings of its own; hamza and vowel signs are folded away, so one spelling stands for أبريل, ابريل and إبريل.
_NAMES = """
janvier, janv, jan, enero, ene, january, يناير, ينائر, جانفي, جانفييه, كانون الثاني, كانون ثاني
février, févr, fév, febrero, feb, february, febr, فبراير, فيبراير, فيفري, شباط
mars, mar, marzo, march, مارس, مارث, آذار
avril, avr, abril, abr, april, apr, أبريل, أفريل, نيسان
mai, mayo, may, ماي, مايو, مايس, أيار
juin, jun, junio, june, يونيو, يونية, جوان, حزيران
juillet, juill, juil, jul, julio, july, يوليوز, يوليو, يولية, جويلية, جويلة, تموز
août, aou, agosto, ago, august, aug, غشت, أغشت, أغسطس, أوت, آب
septembre, sept, sep, septiembre, setiembre, set, september, شتنبر, شتمبر, سبتمبر, سبتنبر, أيلول
octobre, oct, octubre, october, أكتوبر, اكتبر, تشرين الأول, تشرين أول
novembre, nov, noviembre, november, نونبر, نونمبر, نوفمبر, نوفنبر, تشرين الثاني, تشرين ثاني
décembre, déc, diciembre, dic, december, دجنبر, ديسمبر, ديسنبر, دسمبر, كانون الأول, كانون أول
"""

#: Folded name to number, 1 to 12.
MONTHS = {
    fold(name): number for number, line in enumerate(_NAMES.strip().splitlines(), start=1) for name in line.split(", ")
}
#: A regular expression of them all, the longer first.
MONTH_PATTERN = "|".join(name.replace(" ", r"\s+") for name in sorted(MONTHS, key=lambda name: (-len(name), name)))
