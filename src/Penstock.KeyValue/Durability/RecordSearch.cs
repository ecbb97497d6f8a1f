using System.Buffers.Binary;

namespace Penstock.KeyValue.Durability;

/// <summary>
/// Looks for a record in bytes that are none from their start, as a torn one leaves them. Any of them may announce a
/// record of any length, so its operations must fill it exactly before its checksum is computed; and since even that
/// can be arranged in a value, the work is bounded.
/// </summary>
internal sealed class RecordSearch(Files.BufferedReader bytes)
{
    /// <summary>Bytes of log that may be looked at, in all; seconds of work.</summary>
    private const long MaxWork = 4L << 30;

    /// <summary>What moving to another place counts as.</summary>
    private const int StepWork = 64;

    private readonly byte[] _field = new byte[1 + sizeof(int)];
    private long _work;

    /// <summary>Whether the search has taken too long to go on.</summary>
    public bool IsExhausted => _work > MaxWork;

    /// <summary>Whether operations fill so many bytes at an offset, all of which are in the file.</summary>
    public bool IsPlausible(long offset, long payloadLength)
    {
        long end = offset + payloadLength;
        while (offset < end && !IsExhausted)
        {
            if (!TrySkipOperation(ref offset, end))
                return false;
        }

        if (offset != end)
            return false;

        // The checksum reads all of it.
        _work += payloadLength;
        return true;
    }

    private bool TrySkipOperation(ref long offset, long end)
    {
        _work += StepWork;
        if (!TryReadField(offset, 1 + sizeof(int), end))
            return false;
        int fixedBytes = FixedBytes((LogOperation)_field[0], out bool hasData);
        int keyLength = BinaryPrimitives.ReadInt32LittleEndian(_field.AsSpan(1));
        offset += 1 + sizeof(int) + (long)keyLength + fixedBytes;
        if (fixedBytes < 0 || keyLength < 0 || offset > end)
            return false;
        if (!hasData)
            return true;
        if (!TryReadField(offset, sizeof(int), end))
            return false;
        int dataLength = BinaryPrimitives.ReadInt32LittleEndian(_field);
        offset += sizeof(int) + (long)dataLength;
        return dataLength >= 0 && offset <= end;
    }

    private bool TryReadField(long offset, int count, long end)
    {
        return end - offset >= count && bytes.TryRead(_field.AsSpan(0, count), offset);
    }

    /// <summary>What lies between an operation's key and its data, or its end; below zero for what is none.</summary>
    private static int FixedBytes(LogOperation operation, out bool hasData)
    {
        hasData = operation is LogOperation.Set or LogOperation.Write;
        return operation switch
        {
            LogOperation.Set or LogOperation.Expire or LogOperation.SnapshotEnd => sizeof(long),
            LogOperation.Write => sizeof(int),
            LogOperation.Delete or LogOperation.Clear => 0,
            _ => -1,
        };
    }
}
