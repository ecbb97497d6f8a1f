using Penstock.KeyValue.Durability;
using Penstock.KeyValue.Store;

namespace Penstock.Simulation.Tests.Fuzz;

/// <summary>
/// What is in a record of the append-only log, done again: it is in the format or it is called damaged, and nothing in
/// it may ask for more memory than it could have come from. Checksums are left out here, or no change would get past
/// them.
/// </summary>
internal sealed class LogRecordFuzz() : FuzzTarget("log")
{
    private const int MaxValueBytes = 64 * 1024;
    private const long MaxMemoryBytes = 16 * 1024 * 1024;

    public override string Feed(byte[] input, int pieceBytes)
    {
        using var keyspace = new Keyspace(users: 1);
        var applier = new RecordApplier(keyspace, MaxValueBytes);
        string outcome = "whole";
        try
        {
            applier.Apply(input);
        }
        catch (InvalidDataException exception)
        {
            outcome = exception.Message;
        }

        InvariantException.Require(
            keyspace.MemoryBytes <= MaxMemoryBytes, $"the keys take {keyspace.MemoryBytes} bytes");
        return $"{outcome} {keyspace.Count} {applier.SnapshotEntries}";
    }
}
