"""What everybody says: the commonest words and the stock phrases of telephone and assistant talk.

A match made of them names nobody. Words are listed by falling frequency in spoken language, written for this
purpose; a word's cost in bits is its surprise under a Zipf law over that list, `RARE_BITS` when it is not listed.
"""

from __future__ import annotations

from functools import cache
from math import log2

from forensics.fingerprints.text.normalise import UNSPACED, normal_form, tokens

RARE_BITS = 13.0
_FIRST_BITS = 4.0

WORDS = (
    # en
    "i you the to a it and that of is in what we me this he for my on have your do was no not be are don't know can "
    "with but all so just there here they like get she go if right out up about at him now one come oh well yeah "
    "want her think good how did got see from okay yes would let will who when back as time us take why going tell "
    "look them had were our could his been then say really some need an where more something or hey please thank "
    "make way has little because never mind day too two call should mean very much by much thing give into only "
    "people first over down after help today tomorrow morning evening night work home new year week hello sorry",
    # de
    "ich sie das ist du nicht die und es der wir was zu er ein in ja mir mit wie den mich auf dass so hier eine wenn "
    "hat all sind von dich war haben für habe an da nein bin noch dir uns sich nur einen kann dem auch schon als dann "
    "ihn mal gut aus doch jetzt bei oder um wird aber mein werden nach hast sein muss ihnen will wo immer warum bitte "
    "danke etwas mehr nichts heute morgen können möchte würde gerne vielen hallo zeit sehr machen gehen wieder",
    # fr
    "je de est pas le vous la tu que un il et à a ne les ce en on ça une ai pour des moi qui nous mais y me dans du "
    "bien elle si tout plus non mon suis te au avec va oui toi fait ils as être faire se c'est j'ai qu'il d'accord "
    "quoi ici comme même sur été ma là cette où son sont ton rien dire merci voir peux alors aussi bonjour très "
    "quand avez votre deux temps jour vais peut sais veux faut demain aujourd'hui toujours encore jamais s'il plaît",
    # es
    "que de no a la el es y en lo un por qué me una te los se con para mi está si bien pero yo eso las sí su tu aquí "
    "del al como le más esto ya todo esta vamos muy hay ahora algo estoy tengo nos tú nada cuando ha este sé estás "
    "así puedo cómo quiero sólo soy tiene gracias o él bueno fue ser hacer son todos era eres vez tienes creo ella he "
    "ese voy puede sabes hola sus porque dios quién nunca dónde quieres casa favor esa dos tan señor tiempo mañana",
    # it
    "che non di e la il un a è per in una mi sono ho si ma l'ho lo ha le ti i con cosa se io come da ci no questo hai "
    "sei bene tu c'è mio del al più sì perché gli qui solo era tutto te me della suo molto anche fatto so mia nel "
    "va così quando devo posso fare stato chi hanno ora niente grazie essere casa siamo vuoi quello dove oggi domani",
    # pt
    "que não o de a é você e eu um se uma para me com do os isso está por em bem mas ele na da no sim aqui as te "
    "como meu mais vai ela ser foi tudo muito estou minha ao eles sua seu só nos quem tem já então tenho quando quero "
    "agora porque fazer sei isto obrigado favor onde pode bom dia hoje amanhã vamos casa tempo até nada ter há",
    # nl
    "ik je het de dat is een niet en wat van we in ze op te hij zijn er maar me die heb voor met als ben was n mijn u "
    "dit aan om hier naar dan jij zo weet ja kan geen nog wel hem ga heeft of goed nee had waar hebben hoe ook bij uit "
    "kom nu gaan moet doen over jullie mij wil iets worden meer zal haar morgen vandaag bedankt graag alstublieft",
    # sv, nb, da
    "jag det är du inte att en och har vi på i för han vad med mig som här om dig var den så till kan de ni ska ett "
    "jeg ikke og på meg deg har til av er vil ville så mye hva når hun noe skal bare takk være må nå min alle hej tack",
    # pl
    "nie to się w na i z co jest że do tak jak o mnie a ale po mi za ty tu już tylko jestem go cię jeśli tego czy mam "
    "ja od dla być może bardzo dlaczego teraz nas gdzie kiedy coś wiem proszę dziękuję dobrze ma są było jej wszystko",
    # cs, sk
    "to je se na a že v co si tak mi ne jsem do jak jsi ale by o za s ho z tě pro jste už když tady když mě ty vám "
    "prosím děkuji dobře som nie ako čo sa už keď ďakujem dobre chcem potrebujem zítra zajtra dnes",
    # ru, uk
    "я не что в и ты это на с он вы как мы да а мне у меня так но его все тебя о нет она к за бы от по тебе то для "
    "знаю вас был если они было есть только чтобы вот когда уже нам там может быть очень нас хорошо спасибо "
    "пожалуйста сегодня завтра можно нужно хочу сейчас почему где кто що не так це на як мені дякую будь ласка",
    # tr
    "bir bu ne ve için mi o de çok ben evet var ama da değil şey daha bana kadar seni iyi gibi nasıl sen beni onu her "
    "sonra bunu benim hayır tamam yok şimdi zaman olarak olan lütfen teşekkür ederim istiyorum yarın bugün ile en ya",
    # hi
    "है मैं के में की से को यह नहीं और का हो क्या तुम हैं एक पर मुझे भी वह कि हम तो ही ने था इस आप कर जो रहा अब लिए "
    "कुछ सब मेरे बात यहाँ कैसे क्यों धन्यवाद कृपया आज कल चाहिए सकते बहुत समय",
    # ar, fa
    "من في على لا ما أن هذا يا هل أنا إلى لم هو كان مع عن لقد ذلك كل نعم أنت لك هذه كنت إنه ليس هنا شيء فقط الآن شكرا "
    "أريد يمكنك فضلك غدا اليوم که به را از در این با است من برای تو آن یک خود ما چه هم کن بود لطفا ممنون امروز فردا",
    # he
    "את לא אני זה של על מה הוא לי היא אתה כן יש עם אבל כל אם רק שלי טוב או גם כמו תודה בבקשה היום מחר רוצה",
    # id, ms, tl
    "aku kau ini tidak yang itu dan di apa untuk saya kita dia akan ada bisa dengan ke tak dari kamu adalah mereka "
    "anda sudah tahu jika bukan harus terima kasih tolong besok hari ang ng sa na mo ko ba ay mga hindi siya salamat",
    # vi
    "tôi không là có anh và của em cô ta một cho đã được đi chúng ông này rồi thì người ở với cái làm sẽ đó biết "
    "những bạn phải để muốn ơn cảm nào gì xin vui lòng hôm nay ngày mai",
    # hu, fi, ro, el
    "a nem hogy az és ez egy is van de meg itt csak mi én te ha jó mit még kell köszönöm kérem holnap ma szeretnék "
    "on ei se että ja en hän mitä minä sinä oli olen niin mutta tämä kun nyt hyvä kiitos huomenna tänään haluan "
    "nu să de este ce a o în și la e un mai am pe cu care mă te bine da vă mulțumesc rog azi mâine vreau "
    "να το είναι δεν και με για μου θα του την σου που τι μας έχω τον ευχαριστώ παρακαλώ αύριο σήμερα θέλω",
    # ko, sw
    "이 그 저 나는 내가 제가 수 있어요 있습니다 네 안녕하세요 감사합니다 내일 오늘 지금 그리고 우리 너무 정말 "
    "na ya wa ni kwa hii sasa asante tafadhali habari leo kesho nataka",
)

PHRASES = (
    "hello thank you for calling how can i help you today my name is",
    "thank you for calling customer service how may i help you",
    "thank you very much for your help have a great day",
    "thank you so much for your help have a nice day goodbye",
    "is there anything else i can help you with today no that is all thank you",
    "can you please hold on for a moment while i check that for you",
    "please stay on the line your call is important to us",
    "all our agents are busy at the moment please hold the line",
    "this call may be recorded for quality and training purposes",
    "i would like to make an appointment for tomorrow morning please",
    "i would like to book a table for two people for tonight",
    "could you please tell me what time it is going to be",
    "could you please repeat that i did not hear you",
    "hi how are you i am fine thank you and you",
    "it was nice talking to you i will call you back later",
    "sorry i did not catch that could you say that again please",
    "what is the weather going to be like today and tomorrow",
    "what is the weather like in the city this weekend",
    "set an alarm for seven in the morning set a timer for ten minutes",
    "remind me to call my mother tomorrow at nine in the morning",
    "turn on the lights in the living room turn off the lights in the bedroom",
    "send a message to my wife that i am on my way home",
    "play some music in the living room turn the volume up",
    "add milk and eggs and bread to my shopping list",
    "guten tag was kann ich für sie tun vielen dank für ihren anruf",
    "kann ich sonst noch etwas für sie tun nein danke das war alles",
    "vielen dank für ihre hilfe ich wünsche ihnen einen schönen tag auf wiederhören",
    "bitte bleiben sie am apparat ich verbinde sie einen moment bitte",
    "ich möchte gerne einen termin für morgen vereinbaren",
    "ich hätte gerne einen tisch für zwei personen für heute abend",
    "wie wird das wetter heute und morgen stelle einen wecker auf sieben uhr",
    "bonjour en quoi puis-je vous aider merci de votre appel ne quittez pas",
    "est-ce que je peux faire autre chose pour vous non merci c'est tout",
    "merci beaucoup pour votre aide je vous souhaite une bonne journée au revoir",
    "je voudrais prendre un rendez-vous pour demain matin s'il vous plaît",
    "je voudrais réserver une table pour deux personnes pour ce soir",
    "quel temps fait-il aujourd'hui mets un réveil à sept heures",
    "hola gracias por llamar en qué puedo ayudarle hoy",
    "hay algo más en lo que pueda ayudarle no gracias eso es todo",
    "muchas gracias por su ayuda que tenga un buen día hasta luego",
    "me gustaría hacer una cita para mañana por la mañana por favor",
    "quisiera reservar una mesa para dos personas para esta noche",
    "qué tiempo hace hoy pon una alarma a las siete de la mañana",
    "pronto buongiorno grazie per aver chiamato come posso aiutarla",
    "grazie mille per il suo aiuto le auguro una buona giornata arrivederci",
    "vorrei prenotare un tavolo per due persone per questa sera",
    "olá obrigado por ligar em que posso ajudar tenha um bom dia",
    "gostaria de marcar uma consulta para amanhã de manhã por favor",
    "здравствуйте чем я могу вам помочь спасибо за звонок до свидания",
    "большое спасибо за помощь всего доброго оставайтесь на линии",
    "dzień dobry w czym mogę pomóc dziękuję za telefon do widzenia",
    "merhaba size nasıl yardımcı olabilirim aradığınız için teşekkür ederim",
    "您好请问有什么可以帮您的吗感谢您的来电再见祝您生活愉快",
    "お電話ありがとうございますどのようなご用件でしょうか少々お待ちください",
    "今日の天気はどうですか明日の朝七時にアラームをセットしてください",
    "무엇을 도와 드릴까요 전화 주셔서 감사합니다 좋은 하루 되세요",
    "สวัสดีค่ะมีอะไรให้ช่วยไหมคะขอบคุณที่โทรมาค่ะ",
)

_FIRST_UNSPACED = UNSPACED[0]
_UNSPACED_BITS = ((0x3000, 2.2), (0x3100, 4.5), (0x1FFFFF, 6.0))
"""Bits of one character below each code point when its neighbours are given: South-East Asian, kana, Han."""


def cost_bits(form: str) -> float:
    """The bits of surprise of one token in its normal form, at least 1."""
    if len(form) == 1 and form >= _FIRST_UNSPACED:
        return next(bits for limit, bits in _UNSPACED_BITS if ord(form) < limit)
    return _costs().get(form, RARE_BITS)


@cache
def _costs() -> dict[str, float]:
    costs: dict[str, float] = {}
    for line in WORDS:
        for rank, token in enumerate(tokens(line)):
            form = normal_form(token)
            bits = _FIRST_BITS + log2(1 + rank) * 0.9
            costs[form] = min(bits, costs.get(form, RARE_BITS))
    return costs
