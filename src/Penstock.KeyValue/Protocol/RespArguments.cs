namespace Penstock.KeyValue.Protocol;

/// <summary>
/// Where the arguments of one command lie in its bytes, and how far a command that is not whole yet has been read, so
/// that it is not read from its start again when more arrives.
/// </summary>
internal sealed class RespArguments
{
    private (int Start, int Length)[] _ranges = new (int, int)[8];

    /// <summary>Arguments found so far, the command's name included.</summary>
    public int Count { get; private set; }

    /// <summary>Arguments that the command announced; 0 until that is known.</summary>
    public int Expected { get; set; }

    /// <summary>The first byte that was not looked at.</summary>
    public int Position { get; set; }

    /// <summary>The announced length of the argument that is being received; -1 until that is known.</summary>
    public int PendingLength { get; set; } = -1;

    /// <summary>
    /// The unquoted arguments of an inline command, one behind the other; null when they lie in the input.
    /// </summary>
    public byte[]? Inline { get; set; }

    public (int Start, int Length) this[int index] => _ranges[index];

    public void Add(int start, int length)
    {
        if (Count == _ranges.Length)
            Array.Resize(ref _ranges, Count * 2);
        _ranges[Count++] = (start, length);
    }

    /// <summary>Makes it ready for another command; room for unusually many arguments is not kept.</summary>
    public void Reset()
    {
        Count = Expected = Position = 0;
        PendingLength = -1;
        Inline = null;
        if (_ranges.Length > 1_024)
            _ranges = new (int, int)[8];
    }
}
