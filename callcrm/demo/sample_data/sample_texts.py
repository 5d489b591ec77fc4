"""Texts of the sample notes, promises and messages, by language. Data, so not translated."""

NOTES = {
    "en": (
        "Two shirts came back with the wrong buttons. Wants them redone before Saturday.",
        "Asked whether the duvet is ready. It is: picks it up after five.",
        "Moved the pick-up to Thursday, between nine and eleven.",
        "Red wine on the tablecloth, linen, about a day old. Told her not to rub it.",
        "Wants the wool coat back without the moth bag this time.",
        "Price for twelve napkins a week: sent the list.",
        "One sock missing from the last bag. Grey, with a hole. Wants it back anyway.",
        "Curtains, four pairs, lined. Collect from the side door.",
        "Happy with the silk. Will tell her sister.",
        "Bill sent twice. Second one withdrawn.",
        "Allergic to lavender: no fabric softener from now on.",
        "New address from next month, same street, number 14.",
        "Wedding dress, needs it boxed by the twentieth. Quoted and agreed.",
        "Asked for the manager about the late van. Apologised, next wash is free.",
        "Zip on the ski suit: our tailor can do it by Monday.",
        "Rang about opening hours on the holiday.",
        "Starch: a little less, please.",
        "Wants to pay by the month. Sent the form.",
        "Sofa covers shrank a little. Offered to stretch them, she will think about it.",
        "Tablecloths for Friday, forty, white. Confirmed with the night shift.",
    ),
    "fa": (
        "پرسیدند پرده‌ها کی آماده می‌شود. پنج‌شنبه بعدازظهر تحویل می‌گیرند.",
        "دکمهٔ کت افتاده بود. دوختیم و از حساب کم شد.",
        "نشانی تازه دادند: همان خیابان، پلاک ۱۲.",
        "لکهٔ چای روی رومیزی. گفتم آب سرد بزنند و نمالند.",
        "از نرم‌کننده استفاده نشود؛ حساسیت دارند.",
        "قالیچه را شنبه صبح می‌آورند.",
    ),
}
PINNED = {
    "Mina Halloran": (
        "Hard of hearing on the left: speak slowly, and repeat the pick-up time.",
        "The side gate code changes monthly: ask.",
    ),
    "مینا نمونه‌پور": ("زنگِ در خراب است: پیش از رسیدن تلفن بزنید.",),
    "Pascal Quill": ("Never starch the collars.",),
    "Wilhelmina Tarrant-Oakes": ("Signs for the hotel. Everything over $200 needs her word.",),
    "Edda Fenwick": ("Rufus may collect for her.",),
    "Juno Abernathy": ("Leaves the bag with the porter, second floor.",),
}
PROMISES = {
    "en": (
        "Ring back about the missing duvet cover",
        "Send the price list for tablecloths",
        "Ask the tailor about the zip",
        "Refund of $18.00 for the late delivery",
        "Confirm the pick-up for Thursday",
        "Look for the grey sock",
        "Tell her when the coat is ready",
    ),
    "fa": ("تماس دربارهٔ پردهٔ گم‌شده", "فرستادنِ فهرستِ قیمت‌ها", "خبر دادنِ آماده شدنِ قالیچه"),
}
MESSAGES = {
    "en": (
        ("inbound", "Is my coat ready?"),
        ("outbound", "Brightwater Laundry: your order is ready. We are open until six."),
        ("inbound", "Running late, can you leave it with the porter?"),
        ("outbound", "Brightwater Laundry: the van comes on Thursday between nine and eleven."),
        ("inbound", "Thank you, lovely work on the silk."),
    ),
    "fa": (
        ("inbound", "سلام، پرده‌ها آماده شد؟"),
        ("outbound", "لباسشویی برایت‌واتر: سفارش شما آماده است. تا ساعت شش باز هستیم."),
    ),
}
# disposition codes; the usual ones several times, as they are chosen at random
DISPOSITIONS = (
    *("question_answered",) * 5,
    *("order_taken",) * 6,
    *("order_changed",) * 3,
    *("complaint_taken", "complaint_taken", "nothing_needed", "wrong_number", "other"),
)
