"""Letters to people. A request only queues one, by ids; a job draws its link, keeps the link's digest, and sends it.

So a crash loses no letter, no secret lies in the queue, no request waits for a mail server, and a request takes as long for an
address that is known as for one that isn't: for that one, `post` takes a made-up id, and the job finds nobody.
"""

from service.organizations.letters.jobs import LetterParts, register
from service.organizations.letters.post import LETTER_JOB, post
from service.organizations.letters.texts import LetterKind, link_to

__all__ = ["LETTER_JOB", "LetterKind", "LetterParts", "link_to", "post", "register"]
