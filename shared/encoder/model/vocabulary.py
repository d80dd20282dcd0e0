"""Which pieces of the tokenizer are kept.

The tokenizer knows 250,000 pieces of a hundred languages, in the order of how often they occur. Kept is what is written
in the letters of the languages that are read on British pages, if it is common, or part of a common word of one of
those languages, or of a word about surgeries or danger, or of no word of a language that is not read, or stands in the
corpus; and every single letter, so that anything written in those scripts can still be spelled out. Words come from the
lists of `wordfreq`.
"""

import unicodedata

import wordfreq

SPACE = "\u2581"

# Letters beyond a-z of English, Welsh, Gaelic, Irish, Polish, Romanian, Portuguese, Somali, Turkish, French, Spanish,
# Italian and Lithuanian, and of Urdu, Punjabi, Bengali, Gujarati and Hindi as people write them in Latin letters.
LATIN = set("abcdefghijklmnopqrstuvwxyz") | set(
    "àáâãäåāăąæçćčďèéêëēėęğìíîïīįıłńñòóôõöōőœřśşșšţțùúûüūůųŵŷýÿźżž'’‘"
)
# Not of those languages, though single letters of them are kept: Czech, Hungarian, Nordic and Baltic neighbours.
FOREIGN_LATIN = set("ďåāæēīōőřůēģķļņŗūæøđ")
LATIN_LETTERS = (LATIN - FOREIGN_LATIN) | {"ū"}
CYRILLIC = set("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ'’")
# Arabic, and what Urdu and Punjabi (Shahmukhi) add; not what Persian, Pashto, Kurdish, Sindhi or Uyghur add alone.
ARABIC = set("ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيٹپچڈڑژکگںھہۂۃیےۓۀ\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0654")

# How many pieces of each script are kept whatever they are, the commonest first.
RANKS = {"LATIN": 3_500, "CYRILLIC": 2_000, "ARABIC": 3_000, "CJK": 1_800, "BENGALI": 1_500, "GUJARATI": 2_000,
         "GURMUKHI": 1_500, "DEVANAGARI": 500, None: 3_500}
# How many of a language's commonest words are kept whole as far as they are. No lists: Welsh, Gaelic, Somali, Gujarati
# and Punjabi, whose pieces stay because no list of FOREIGN has them.
READ = dict(en=46_000, pl=9_000, ro=9_000, lt=5_000, ur=11_000, bn=11_000, pt=5_000, tr=5_000, fr=5_000,
            es=5_000, it=5_000, uk=9_000, ru=6_000, ar=4_500, zh=6_000)
FOREIGN = dict(de=40_000, nl=30_000, fi=40_000, sv=30_000, da=25_000, nb=25_000, cs=25_000, sk=20_000, sl=20_000,
               sh=25_000, hu=40_000, lv=20_000, ca=20_000, id=60_000, ms=40_000, fil=40_000, vi=20_000)

# What people write about a surgery and about danger in those languages, kept whole however rare it is elsewhere.
SURGERY = """
rejestracja recepcja recepcjonistka przychodnia lekarz pielęgniarka wizyta recepta skierowanie szczepienie karetka
pogotowie samobójstwo zabić umrzeć przemoc bije pomocy skarga poczekalnia
recepție recepționera cabinet medic asistenta programare rețetă trimitere vaccin ambulanță sinucidere mor ucid violență
bate ajutor plângere
registratūra gydytojas slaugytoja vizitas receptas siuntimas skiepai greitoji savižudybė mirti nužudyti smurtas muša
pagalba skundas
recepção recepcionista consulta médico enfermeira receita encaminhamento vacina ambulância suicídio morrer matar
violência bate socorro queixa
resepsiyon sekreter randevu doktor hemşire reçete sevk aşı ambulans intihar ölmek öldürmek şiddet dövüyor yardım şikayet
accueil secrétaire rendez-vous médecin infirmière ordonnance vaccin ambulance suicide mourir tuer violence frappe secours
plainte
recepción recepcionista cita médico enfermera receta derivación vacuna ambulancia suicidio morir matar violencia pega
socorro queja
accettazione segretaria appuntamento medico infermiera ricetta impegnativa vaccino ambulanza suicidio morire uccidere
violenza picchia aiuto reclamo
реєстратура лікар медсестра прийом рецепт направлення щеплення швидка самогубство померти вбити насильство бє
допоможіть скарга
регистратура регистратуры врач медсестра приём рецепт направление прививка скорая самоубийство умереть убить насилие бьёт
помогите жалоба
الاستقبال العيادة الطبيب الممرضة موعد وصفة إحالة تطعيم إسعاف انتحار الموت قتل عنف يضرب النجدة شكوى
前台 诊所 医生 护士 预约 处方 转诊 疫苗 救护车 自杀 想死 杀 家暴 打我 救命 投诉
استقبالیہ کلینک ڈاکٹر نرس اپوائنٹمنٹ نسخہ ٹیکہ ایمبولینس خودکشی مرنا قتل تشدد مارتا مدد شکایت
রিসেপশন ক্লিনিক ডাক্তার নার্স অ্যাপয়েন্টমেন্ট প্রেসক্রিপশন টিকা অ্যাম্বুলেন্স আত্মহত্যা মরতে খুন নির্যাতন মারে সাহায্য অভিযোগ
""".split()


def script(piece):
    """Returns the script of a piece's letters, None where it has none, and False where it is not read here."""
    found = set()
    for c in piece:
        if c == SPACE or not (c.isalpha() or unicodedata.category(c)[0] == "M"):
            continue
        name = unicodedata.name(c, "?")
        # Full-width letters, mathematical letters and the like never reach the tokenizer: they are normalised before.
        found.add(name.split()[0])
    found -= {"COMBINING", "MODIFIER", "VARIATION", "FEMININE", "MASCULINE"}
    if not found:
        return None
    if len(found) > 1:
        return False
    found = found.pop()
    if found not in RANKS:
        return False
    letters = {"LATIN": LATIN_LETTERS, "CYRILLIC": CYRILLIC, "ARABIC": ARABIC}.get(found)
    if letters and len(piece.strip(SPACE)) > 1:
        if any(c.isalpha() and c not in letters for c in piece.lower().replace(SPACE, "")):
            return False
    return found


def pieces_of(words, encode):
    """Returns the ids of the pieces that the words of some languages are made of."""
    ids = set()
    for language, number in words.items():
        listed = wordfreq.top_n_list(language, number)
        for found in encode(listed + [word.capitalize() for word in listed]):
            ids.update(found)
    return ids


def kept(pieces, encode, corpus):
    """Returns the ids that are kept, in order; the first four are the special ones.

    `encode` takes texts and returns the ids of each; `corpus` are the texts of the corpus.
    """
    read, foreign = pieces_of(READ, encode), pieces_of(FOREIGN, encode)
    read.update(*encode(SURGERY), *encode(corpus))
    ids, left = [0, 1, 2, 3], dict(RANKS)
    for i, (piece, _) in enumerate(pieces):
        found = False if i < 4 or piece == "<mask>" else script(piece)
        if found is False:
            continue
        left[found] -= 1
        if left[found] >= 0 or len(piece.strip(SPACE)) <= 1 or i in read or (found == "LATIN" and i not in foreign):
            ids.append(i)
    return ids
