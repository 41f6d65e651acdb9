"""Everything that can go wrong in a foreseeable way.

StillpointError
├── SettingsInvalid        a flag, environment variable or file has a bad value
├── StoreError
│   ├── ModelUnknown       the name is not in the catalogue and no such file exists
│   ├── ModelMissing       in the catalogue, not on this machine
│   ├── ModelCorrupt       the file is not what the catalogue says, or no GGUF at all
│   ├── ModelTooLarge      would not fit into this machine's memory
│   ├── DiskFull           not enough space to fetch it
│   └── FetchFailed        no source could be reached
├── GenerationStopped      the person pressed Stop while the prompt was being read
├── ContextTooLong         the message alone does not fit the model's window
├── CardInvalid            a knowledge card breaks a rule of its format
├── PromptInvalid          a prompt, safety text or helpline file is broken
├── InputInvalid           a batch line or message cannot be used
├── HistoryError
│   ├── HistoryLocked      wrong or missing passphrase
│   └── HistoryForeign     the file is not a Stillpoint history
└── EvalInvalid            an eval case, run file or scorer is broken

A message says what happened, to which file, and what to do. It is raised by the module that
knows and caught once, at the edge (``assistant.cli`` and ``ui.app``).
"""


class StillpointError(Exception):
    """Base of all foreseeable faults: its text is fit to be shown to a person."""


class SettingsInvalid(StillpointError):
    """A flag, environment variable or settings file has a bad value."""


class StoreError(StillpointError):
    """The model store could not do what was asked; the store is as it was before."""


class ModelUnknown(StoreError):
    """Neither a catalogue name nor a file."""


class ModelMissing(StoreError):
    """Known, but not on this machine."""


class ModelCorrupt(StoreError):
    """Not the file the catalogue names, or not a GGUF file."""


class ModelTooLarge(StoreError):
    """Would not fit into memory."""


class DiskFull(StoreError):
    """Not enough free space to fetch the model."""


class FetchFailed(StoreError):
    """No source could be reached."""


class GenerationStopped(StillpointError):
    """The person pressed Stop while the model was still reading."""


class ContextTooLong(StillpointError):
    """The message alone does not fit the model's window."""


class CardInvalid(StillpointError):
    """A knowledge card breaks a rule of its format."""


class PromptInvalid(StillpointError):
    """A prompt, safety text or helpline file is broken."""


class InputInvalid(StillpointError):
    """A message or batch line cannot be used."""


class HistoryError(StillpointError):
    """Kept conversations could not be read or written."""


class HistoryLocked(HistoryError):
    """Wrong or missing passphrase."""


class HistoryForeign(HistoryError):
    """The file is not a Stillpoint history; it has not been touched."""


class EvalInvalid(StillpointError):
    """An eval case, run file or scorer is broken."""
