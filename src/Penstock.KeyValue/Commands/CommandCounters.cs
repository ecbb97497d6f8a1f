namespace Penstock.KeyValue.Commands;

/// <summary>
/// What one loop has done. Only the loop writes; others read for INFO and metrics, a moment late perhaps.
/// </summary>
internal sealed class CommandCounters
{
    public long Commands;
    public long Hits;
    public long Misses;
    public long EvictedKeys;
    public long RefusedWrites;
    public long SlowSubscribers;
    public long HeldReplies;
    public long Opened;

    private readonly CommandCalls[] _calls = new CommandCalls[CommandTable.WithSubcommands.Count];

    /// <summary>The errors that the commands up to now account for.</summary>
    private long _errorsSeen;

    public ErrorCounters Errors { get; } = new();

    public CommandCalls CallsOf(Command command) => _calls[command.Index];

    /// <summary>Counts a command that was refused; null for one that is not known.</summary>
    public void Reject(Command? command)
    {
        if (command is not null)
            _calls[command.Index].Rejected++;
        _errorsSeen = Errors.Total;
    }

    /// <summary>
    /// Counts a command that ran. It failed if there was an error that no command within it accounts for: an EXEC does
    /// not fail because one of its commands does.
    /// </summary>
    public void Ran(Command command)
    {
        ref CommandCalls calls = ref _calls[command.Index];
        calls.Made++;
        if (Errors.Total != _errorsSeen)
            Fail(command);
    }

    /// <summary>Counts a command that ran before and replies with an error now.</summary>
    public void Fail(Command command)
    {
        _calls[command.Index].Failed++;
        _errorsSeen = Errors.Total;
    }

    public void Reset()
    {
        Commands = Hits = Misses = EvictedKeys = RefusedWrites = SlowSubscribers = HeldReplies = Opened = 0;
        Array.Clear(_calls);
        Errors.Reset();
        _errorsSeen = 0;
    }
}
