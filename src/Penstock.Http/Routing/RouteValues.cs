using Penstock.Http.Parsing;

namespace Penstock.Http.Routing;

/// <summary>What the named parts of a template stand for in one path.</summary>
internal sealed class RouteValues
{
    private string[] _names = [];
    private ByteRange[] _values = new ByteRange[4];
    private int _count;

    public void Clear()
    {
        _count = 0;
        _names = [];
    }

    /// <summary>Remembers the next named part; the names follow when the whole path has matched.</summary>
    public void Push(int start, int length)
    {
        if (_count == _values.Length)
            Array.Resize(ref _values, _count * 2);
        _values[_count++] = new ByteRange(start, length);
    }

    public void Pop() => _count--;

    public void SetNames(string[] names) => _names = names;

    public ReadOnlySpan<byte> Get(string name, ReadOnlySpan<byte> path)
    {
        int index = Array.IndexOf(_names, name);
        if (index < 0)
            throw new KeyNotFoundException($"The route's template has no part named '{name}'.");
        return path.Slice(_values[index].Start, _values[index].Length);
    }
}
