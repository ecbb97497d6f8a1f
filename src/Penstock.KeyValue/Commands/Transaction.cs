namespace Penstock.KeyValue.Commands;

/// <summary>What a client has queued since MULTI.</summary>
internal sealed class Transaction
{
    public List<QueuedCommand> Commands { get; } = [];

    /// <summary>A command could not be queued, so EXEC will refuse.</summary>
    public bool IsRefused { get; set; }

    /// <summary>Bytes that the queue holds.</summary>
    public long Bytes { get; set; }
}
