"""What can go wrong in the clinic itself, as one tree.

    ClinicError
      InvalidAdjustments  a site wants a threshold that there is not, or beyond its bounds
      InvalidKnowledge    the knowledge files contradict themselves or the grammar; nothing starts
      UnreadableChart     a file given to a command is neither a Bundle nor a hook request
      InvalidSettings     (settings.py) the settings do not allow a start
      UnknownStory        (story.py) no fixture patient has that name
      UnreadableTexts     (labelled.py) labelled sentences that are none
      UnknownRevision     (commands/knowledge.py) neither a revision nor a folder
      NoKnowledge         (commands/knowledge.py) a revision or folder without knowledge
      ProbeFailed         (probing/server.py) a FHIR server did not let itself be tried
      NoNewVersion        (commands/knowledge.py) a version for the same files, or one that nothing could load
      StoreUnusable       (storage/database.py) a command needs the database, and it is not to be had
      NoBackup            (storage/backup.py) a file could not be copied; there is no copy
      NothingRemembered   (commands/kept.py) a command asks for what is remembered, and there is no file
      WrongSchema         (storage/migrate.py) the tables of the database are another version's; nothing starts
      KeyUnusable         (storage/pseudonyms.py) there is no key of the pseudonyms to be had; nothing starts

Errors of a call (400, 412, ...) are `cds_hooks.errors`; bad clinical data is no error but an Issue of the record.
"""

from collections.abc import Sequence


class ClinicError(Exception):
    """Something a person has to mend; the message says what, which, and what would help.

    exit_code  of a command that it ends: 2 where the command itself or a setting is wrong
    """

    exit_code = 1


class InvalidKnowledge(ClinicError):
    """Problems in the knowledge folder, all of them at once."""

    def __init__(self, problems: Sequence[str]):
        count = len(problems)
        listing = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"{count} {'problem' if count == 1 else 'problems'} in service/knowledge:{listing}")
        self.problems = tuple(problems)


class InvalidAdjustments(ClinicError):
    """Wishes of a site that the knowledge does not allow, all of them at once."""

    exit_code = 2

    def __init__(self, problems: Sequence[str]):
        super().__init__("\n".join(f"CLUNEAL_THRESHOLDS: {problem}" for problem in problems))
        self.problems = tuple(problems)


class UnreadableChart(ClinicError):
    """A file that should hold a chart does not."""
