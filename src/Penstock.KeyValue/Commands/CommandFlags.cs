namespace Penstock.KeyValue.Commands;

/// <summary>How a command is to be treated.</summary>
[Flags]
internal enum CommandFlags
{
    None = 0,

    /// <summary>Changes keys, so it needs a log that can be written.</summary>
    Write = 1,

    ReadOnly = 2,

    /// <summary>May take memory, so it needs some.</summary>
    DenyOutOfMemory = 4,

    Fast = 8,

    Admin = 16,

    PubSub = 32,

    /// <summary>Allowed before the password was given.</summary>
    NoAuth = 64,

    /// <summary>Runs at once even where commands are being queued.</summary>
    NotQueued = 128,

    /// <summary>Allowed for a client of the older protocol that has subscribed.</summary>
    WhileSubscribed = 256,

    /// <summary>Looks at all keys, so it takes all locks.</summary>
    AllKeys = 512,

    /// <summary>Refused where commands are being queued.</summary>
    NoMulti = 1024,
}
