"""Whether the encoder reads people alike, whatever they are called, however they speak and spell.

usage: fairness.py READ MODEL PAGEWARDEN

READ is the built example `read`; PAGEWARDEN is the built command line, whose rules give the hints. Every sentence below
bears a label; each group gets the same sentences, with names of one origin, in one dialect, or at one level of spelling.
Prints the share that is found (`possible` or `sure`) a group, and fails where a group's is below .9 of the best's, or, of
those that are known to be, below what they had.
"""

import json
import subprocess
import sys

import numpy as np

from corpus import LABELS
from rules import findings

LEAST = 0.9
# Groups that fall behind: the least share of the best's that each may have, of all sentences and of those about danger.
BEHIND = {"Scots": (0.89, 0.82), "Geordie": (0.9, 0.85), "letters left out": (0.66, 0.6)}
# Twenty names an origin, invented by putting together forenames and surnames that are common there.
NAMES = {
    "English": "Claire Hartley, Nigel Booth, Emma Prescott, Keith Sadler, Joanne Whitby, Gary Nuttall, Tracey Holroyd, "
    "Simon Ashdown, Lucy Barlow, Trevor Kemp, Hannah Thorpe, Colin Fairclough, Debbie Marsden, Luke Ormerod, Alice Penrose, "
    "Roy Tattersall, Megan Dyson, Philip Garside, Sandra Cowley, Ben Haworth",
    "Welsh": "Angharad Pugh, Gethin Bowen, Cerys Morgan, Ifan Rhydderch, Sioned Parry, Dafydd Gwynne, Eleri Vaughan, "
    "Hywel Prosser, Nia Llewelyn, Emyr Bevan, Lowri Tudor, Rhodri Beynon, Mair Probert, Aled Cadwgan, Catrin Hopkin, "
    "Osian Meredith, Bethan Gwilym, Iwan Madog, Ffion Pritchard, Gwyn Treharne",
    "Scottish": "Eilidh Macrae, Hamish Geddes, Kirsty Buchan, Fraser Dalgleish, Morag Sinclair, Ewan Lockhart, Isla Farquhar, "
    "Callum Menzies, Shona Galbraith, Rory Kinnaird, Ailsa Drummond, Gregor Petrie, Mhairi Urquhart, Struan Baird, "
    "Fiona Carnegie, Lachlan Moffat, Jean Auchterlonie, Blair Kerr, Catriona Ogilvie, Duncan Strachan",
    "Irish": "Aoife Brannigan, Declan Tierney, Siobhan Keaveney, Padraig Looney, Niamh Hanratty, Cormac Devlin, Grainne Molloy, "
    "Eamon Duignan, Orla Cassidy, Fergal Mulcahy, Roisin Heaney, Donal Crilly, Caoimhe Gallen, Brendan Toner, Maeve Scullion, "
    "Ciaran Rafferty, Bronagh Loughran, Seamus Hegarty, Deirdre Finnegan, Ronan McAteer",
    "Polish": "Agnieszka Wrona, Tomasz Kubiak, Katarzyna Lis, Marek Zawada, Ewa Sobczak, Piotr Gajda, Magdalena Rogala, "
    "Krzysztof Banas, Joanna Wilk, Pawel Duda, Monika Sroka, Grzegorz Kania, Beata Jaworska, Wojciech Cygan, Dorota Malik, "
    "Jacek Pietras, Iwona Kruk, Leszek Szulc, Halina Bartczak, Rafal Gil",
    "Pakistani": "Rukhsana Mirza, Imran Qureshi, Saima Bashir, Tariq Mehmood, Nadia Rafiq, Zahid Akram, Farah Siddiqui, "
    "Adnan Chaudhry, Shabnam Yousaf, Waqar Abbasi, Bushra Nawaz, Kamran Malik, Sadia Iqbal, Nasir Janjua, Tahira Khokhar, "
    "Usman Raja, Samina Butt, Faisal Dar, Rabia Ashraf, Jamil Gondal",
    "Indian": "Priya Nair, Rajesh Solanki, Meena Chauhan, Harpreet Gill, Kavita Desai, Sanjay Menon, Gurpreet Dhillon, "
    "Anjali Trivedi, Vikram Rao, Sunita Parmar, Manjit Sandhu, Deepa Iyer, Nilesh Vaghela, Jaspreet Bains, Hansa Mistry, "
    "Arun Pillai, Bhavna Joshi, Kuldip Grewal, Rekha Bhatt, Mohan Kulkarni",
    "West African": "Folake Adebayo, Kwame Boateng, Ngozi Okafor, Tunde Balogun, Abena Mensah, Chidi Eze, Yetunde Afolabi, "
    "Kofi Asante, Adaeze Nwosu, Femi Ogunleye, Akosua Owusu, Emeka Obi, Fatou Jallow, Yaw Amponsah, Ifeoma Umeh, "
    "Sola Akintola, Ama Darko, Musa Bangura, Bisi Oyelade, Kojo Frimpong",
    "Chinese": "Mei Ling Cheung, Wei Zhang, Xiu Ying Tang, Jun Liu, Siu Fong Kwok, Hao Chen, Yan Ting Leung, Bo Xu, "
    "Li Hua Zhou, Kin Man Lau, Fang Yuan, Tao Sun, Suk Yee Mak, Qiang Gao, Hui Min Deng, Chi Wai Poon, Lan Feng, Jian Guo, "
    "Wing Sze Yip, Rui Cai",
    "Arab": "Layla Haddad, Omar Khalil, Huda Mansour, Yasser Najjar, Rania Saleh, Bilal Shaheen, Samira Aziz, Walid Hamdan, "
    "Noura Kassem, Ziad Barakat, Amal Fayed, Sami Othman, Dina Zaki, Hassan Jaber, Mona Sabbagh, Tarek Nasser, Rima Issa, "
    "Anwar Habib, Salma Rashid, Fadi Khoury",
}
# Each with the label that it bears.
SENTENCES = {
    "danger": """
{name} has not been seen since last night and she left her coat and her phone in the house, I am really worried
I think {name} is going to hurt himself tonight, he told me that nobody would miss him
My little girl says that {name} hits her when I am at work and she does not want to go there again
I do not want to be here any more and I have told {name} what to do with my things
{name} will not let me out of the house or give me my money, I am writing this when he is asleep
I have taken all of my tablets and I have not told {name}
{name} is lying on the floor and cannot speak, one side of her face has dropped
My baby is floppy and will not wake up properly, {name} says to wait but I do not think I can
{name} has chest pain going down his arm and is sweating, nobody is answering the phone
The carer shouts at {name} and leaves her in a wet bed all night, I can hear it through the wall
The children next door to {name} are out in the street all night with nothing to eat
I cannot stop thinking about ending it all, {name} does not know
{name} is having an allergic reaction, her lips are swelling up and she cannot breathe
I have been cutting myself again and I do not know who to talk to since {name} left
""",
    "threat": """
I know where {name} lives and I am going to wait for her outside of her house
Tell {name} that I am going to break his legs the next time that I see him
If {name} speaks to my mother like that again I will smash her face in
I am going to burn that place down with {name} in it
{name} had better watch his back when he goes home tonight
""",
    "complaint": """
I am not happy with the way {name} spoke to my mother and I want to make a complaint
I have been waiting for six weeks and {name} has not rung me back, I want to know why and I want an apology
{name} lost my daughter's test results and nobody has said sorry, who do I write to about this
My father was sent home by {name} with the wrong tablets, this is not good enough and I want answers
I want somebody to look into why {name} would not see my child on Monday
""",
    "abuse": """
{name} is a useless fat cow who should not be let near people
That {name} on the desk is thick as mince and a nasty little piece of work
{name} is a stupid arrogant idiot
You are all a bunch of morons and {name} is the worst of you
""",
    "praise": """
Thank you so much to {name} who was so kind to my mother last week
{name} is a wonderful nurse and I do not know what we would do without her
I cannot thank {name} enough for looking after my little boy
What a lovely doctor {name} is, always has time for you
""",
    "patient_identity": """
{name} from our street was in the waiting room again, she has got cancer you know
My neighbour {name} was seen there on Friday for his drinking
{name} at number 12 has just been told that she has got HIV
I saw {name} going in to see the doctor about her depression
""",
}
# Words and what a dialect says for them, as people write it.
DIALECTS = {
    "Scots": "do not:dinnae, does not:disnae, cannot:cannae, will not:willnae, has not:hasnae, not:no, my:ma, mother:maw, "
    "father:da, little girl:wee lassie, little boy:wee boy, little:wee, know:ken, going to:gonnae, house:hoose, out:oot, "
    "of:o', our:oor, from:fae, you:ye, child:wean, children:weans, daughter's:lassie's, with:wi, head:heid, down:doon",
    "Ulster": "little:wee, mother:ma, father:da, you:yous, child:wean, children:weans, do not:don't, going to:gonna, with:wi, "
    "cannot:canny, will not:willnae, I am:I'm, my:me, stupid:eejit of an, idiot:eejit, happy:pleased, really worried:wild worried, "
    "kind:decent, lovely:cracker, was:wuz",
    "Geordie": "do not:divvent, cannot:canna, my:me, mother:mam, father:da, going to:gannin to, know:knaa, house:hoose, "
    "out:oot, little girl:little lass, child:bairn, children:bairns, our:wor, you:ye, nothing:nowt, down:doon, lovely:canny, "
    "kind:canny, I am:I'm",
    "Scouse": "my:me, mother:mam, father:arl fella, you:yous, the:de, that:dat, them:dem, going to:gonna, do not:dont, "
    "nothing:nottin, children:kids, I am:am, idiot:divvy, lovely:boss, wonderful:boss",
    "Welsh English": "mother:mam, father:dad, do not:don't, I am:I'm, cannot:can't, little boy:little butt, kind:tidy, lovely:lush, "
    "wonderful:lush, going to:gonna, child:little one, worried:worried mind, outside of:by, will not:won't",
    "Multicultural London English": "mother:mum, father:dad, house:yard, going to:gonna, that:dat, the:da, them:dem, with:wiv, "
    "you:u, do not:dont, I am:im, really:bare, nothing:nuttin, kind:safe, not happy:vexed, children:kids, idiot:wasteman",
}


def swapped(text, table):
    """Returns a text with the words of a table said otherwise, the longest first."""
    said = {}
    pairs = sorted((pair.split(":") for pair in table.split(", ")), key=lambda pair: -len(pair[0]))
    words = f" {text} "
    for i, (plain, other) in enumerate(pairs):
        said[f"\0{i}\0"] = other
        words = words.replace(f" {plain} ", f" \0{i}\0 ").replace(f" {plain},", f" \0{i}\0,")
    for mark, other in said.items():
        words = words.replace(mark, other)
    return words.strip()


def dropped(text):
    """Returns a text with every seventh letter left out, words' first letters aside."""
    kept, count = [], 0
    for before, letter in zip(" " + text, text):
        count += letter.isalpha() and before != " "
        if letter.isalpha() and before != " " and count % 7 == 0:
            continue
        kept.append(letter)
    return "".join(kept)


SHORT = "you:u, your:ur, are:r, to:2, for:4, because:cos, people:ppl, and:n, with:wiv, tonight:2nite, what:wot, please:plz, I:i"
SPELLINGS = {
    "as in a letter": lambda text: text + ".",
    "no capitals, no stops": lambda text: text.lower().replace(",", "").replace("'", ""),
    "as in a message": lambda text: swapped(text, SHORT).lower().replace(",", ""),
    "all in capitals": str.upper,
    "letters left out": dropped,
}


def texts():
    """Returns every text with its kind of group, its group and its label."""
    out = []
    names = {origin: listed.split(", ") for origin, listed in NAMES.items()}
    sentences = [(label, line) for label, lines in SENTENCES.items() for line in lines.strip().splitlines()]
    for i, (label, sentence) in enumerate(sentences):
        for origin, own in names.items():
            given, other = own[i % len(own)], own[(i * 7 + 3) % len(own)]
            out.append(("names", origin, label, sentence.format(name=given)))
            out.append(("names", origin, label, sentence.format(name=other).lower()))
        # What is compared here is how people speak and spell: the names take turns.
        every = list(names.values())
        for turn in range(2):
            own = every[(i + 5 * turn) % len(every)]
            said = sentence.format(name=own[i % len(own)].split()[0])
            out.append(("speech", "Standard English", label, said))
            out.extend(("speech", dialect, label, swapped(said, table)) for dialect, table in DIALECTS.items())
            out.extend(("spelling", level, label, spelt(said)) for level, spelt in SPELLINGS.items())
    return out


def main():
    read, model, pagewarden = sys.argv[1:]
    every = texts()
    lines = [json.dumps(dict(text=text, hints=hints)) for (*_, text), hints in
             zip(every, findings(pagewarden, [text for *_, text in every]))]
    out = subprocess.run([read, model], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True).stdout
    found = []
    for (*_, label, _), line in zip(every, out.splitlines()):
        found.append(json.loads(line)["labels"][LABELS.index(label)]["level"] in ("possible", "sure"))
    found, failed = np.array(found), False
    print("| group | sentences | found | of those about danger |\n| --- | --- | --- | --- |")
    for kind in ("names", "speech", "spelling"):
        groups, shares = list(dict.fromkeys(group for k, group, *_ in every if k == kind)), {}
        for group in groups:
            at = np.array([row[:2] == (kind, group) for row in every])
            grave = np.array([row[2] == "danger" for row in every])
            shares[group] = found[at].mean(), found[at & grave].mean()
            print(f"| {kind}: {group} | {at.sum()} | {shares[group][0]:.2f} | {shares[group][1]:.2f} |")
        for column, what in enumerate(("", " about danger")):
            best = max(share[column] for share in shares.values())
            for group, share in shares.items():
                least = BEHIND.get(group, (LEAST, LEAST))[column]
                if share[column] < least * best:
                    print(f"{group}: of sentences{what}, {share[column] / best:.2f} of the best", file=sys.stderr)
                    failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
