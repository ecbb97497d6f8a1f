namespace Penstock.Http.Routing;

/// <summary>A template, checked and taken apart.</summary>
internal sealed class RouteTemplate
{
    private readonly string[] _segments;

    private RouteTemplate(string[] segments, string[] names)
    {
        _segments = segments;
        Names = names;
    }

    /// <summary>The named parts, from left to right.</summary>
    public string[] Names { get; }

    public static RouteTemplate Parse(string template)
    {
        ArgumentException.ThrowIfNullOrEmpty(template);
        if (template[0] != '/')
            throw new ArgumentException($"The template '{template}' does not begin with a slash.", nameof(template));
        string[] segments = template[1..].Split('/');
        for (int i = 0; i < segments.Length; i++)
            Check(template, segments[i], isLast: i == segments.Length - 1);
        string[] names = [.. segments.Where(IsNamed).Select(segment => segment.Trim('{', '}', '*'))];
        if (names.Distinct().Count() != names.Length)
            throw new ArgumentException($"The template '{template}' uses a name twice.", nameof(template));
        return new RouteTemplate(segments, names);
    }

    /// <summary>Where paths of this template end in the tree.</summary>
    public RouteTarget AddTo(RouteNode node)
    {
        foreach (string segment in _segments)
        {
            if (IsCatchAll(segment))
                return node.CatchAll();
            node = IsNamed(segment) ? node.Parameter() : node.Literal(segment);
        }

        return node.Target;
    }

    private static void Check(string template, string segment, bool isLast)
    {
        bool braces = segment.Contains('{') || segment.Contains('}');
        if (braces && (!IsNamed(segment) || segment.Trim('{', '}', '*').Length == 0))
            throw new ArgumentException($"'{segment}' in the template '{template}' is no name.", nameof(template));
        if (IsCatchAll(segment) && !isLast)
            throw new ArgumentException($"'{segment}' must come last in the template '{template}'.", nameof(template));
    }

    private static bool IsNamed(string segment) => segment.StartsWith('{') && segment.EndsWith('}');

    private static bool IsCatchAll(string segment) => segment.StartsWith("{*", StringComparison.Ordinal);
}
