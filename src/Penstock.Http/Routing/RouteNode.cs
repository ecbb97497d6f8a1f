using System.Text;

namespace Penstock.Http.Routing;

/// <summary>One segment of the tree of templates: what may follow, and what a path that ends here does.</summary>
internal sealed class RouteNode
{
    private readonly List<(byte[] Text, RouteNode Node)> _literals = [];
    private RouteNode? _parameter;

    /// <summary>What paths that end here do.</summary>
    public RouteTarget Target { get; } = new();

    /// <summary>What paths that go on from here do, however long; null without a catch-all.</summary>
    public RouteTarget? Rest { get; private set; }

    public RouteNode Literal(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        foreach ((byte[] known, RouteNode node) in _literals)
        {
            if (known.AsSpan().SequenceEqual(bytes))
                return node;
        }

        var added = new RouteNode();
        _literals.Add((bytes, added));
        return added;
    }

    public RouteNode Parameter() => _parameter ??= new RouteNode();

    public RouteTarget CatchAll() => Rest ??= new RouteTarget();

    /// <summary>
    /// Finds what <paramref name="path"/> names from <paramref name="start"/> on: a literal before a parameter, a
    /// parameter before a catch-all. Depth is bounded by the templates, not by the path.
    /// </summary>
    public RouteTarget? Find(ReadOnlySpan<byte> path, int start, RouteValues values)
    {
        if (start > path.Length)
            return Target.IsEmpty ? null : Target;
        int slash = path[start..].IndexOf((byte)'/');
        int length = slash < 0 ? path.Length - start : slash;
        return FindLiteral(path, start, length, values)
            ?? FindParameter(path, start, length, values)
            ?? FindRest(path, start, values);
    }

    private RouteTarget? FindLiteral(ReadOnlySpan<byte> path, int start, int length, RouteValues values)
    {
        ReadOnlySpan<byte> segment = path.Slice(start, length);
        foreach ((byte[] text, RouteNode node) in _literals)
        {
            if (segment.SequenceEqual(text))
                return node.Find(path, start + length + 1, values);
        }

        return null;
    }

    private RouteTarget? FindParameter(ReadOnlySpan<byte> path, int start, int length, RouteValues values)
    {
        if (_parameter is null || length == 0)
            return null;
        values.Push(start, length);
        RouteTarget? found = _parameter.Find(path, start + length + 1, values);
        if (found is null)
            values.Pop();
        return found;
    }

    private RouteTarget? FindRest(ReadOnlySpan<byte> path, int start, RouteValues values)
    {
        if (Rest is not null)
            values.Push(start, path.Length - start);
        return Rest;
    }
}
