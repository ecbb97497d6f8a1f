namespace Penstock.KeyValue.Commands;

/// <summary>
/// What Redis 7.0 says in the same case, word for word: clients compare. It has no bound for a reply.
/// </summary>
internal static class ErrorTexts
{
    public const string Syntax = "ERR syntax error";
    public const string NotAnInteger = "ERR value is not an integer or out of range";
    public const string NotAFloat = "ERR value is not a valid float";
    public const string Overflow = "ERR increment or decrement would overflow";
    public const string NotFinite = "ERR increment would produce NaN or Infinity";
    public const string OffsetOutOfRange = "ERR offset is out of range";
    public const string TooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    public const string ReplyTooLong = "ERR the reply is longer than a connection may hold (--max-connection-memory)";
    public const string NoSuchKey = "ERR no such key";
    public const string SameObjects = "ERR source and destination objects are the same";
    public const string BadCursor = "ERR invalid cursor";
    public const string DatabaseOutOfRange = "ERR DB index is out of range";
    public const string WrongPassword = "WRONGPASS invalid username-password pair or user is disabled.";
    public const string NoAuth = "NOAUTH Authentication required.";
    public const string OutOfMemory = "OOM command not allowed when used memory > 'maxmemory'.";
    public const string InvalidExpire = "ERR invalid expire time in '{0}' command";
    public const string WrongArity = "ERR wrong number of arguments for '{0}' command";

    public const string WrongSubcommand =
        "ERR unknown subcommand or wrong number of arguments for '{0}'. Try {1} HELP.";

    public const string NoPasswordSet =
        "ERR AUTH <password> called without any password configured for the default user. "
        + "Are you sure your configuration is correct?";

    public const string ProtectedMode =
        "DENIED Penstock is running in protected mode because no password is set. In this mode connections are only "
        + "accepted from the loopback interface. Set a password with --password-file, or start the server with "
        + "--unprotected if every host that can reach it may use it.";
}
