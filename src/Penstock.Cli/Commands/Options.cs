using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Penstock.Cli.Commands;

/// <summary>
/// Makes options whose values are checked while the command line is parsed. What is wrong with a value is said in one
/// line that names the option; the library's own conversions throw later, where nobody expects it.
/// </summary>
internal static class Options
{
    public static Option<int> Number(
        string name, string description, int value, int minimum, int maximum = int.MaxValue)
    {
        Option<int> option = Create(name, description, "N", text => ParseNumber(text, minimum, maximum));
        option.DefaultValueFactory = _ => value;
        return option;
    }

    /// <summary>A number that has no default: left out, it is null.</summary>
    public static Option<int?> OptionalNumber(string name, string description, int minimum) =>
        Create<int?>(name, description, "N", text =>
        {
            (int number, string? problem) = ParseNumber(text, minimum, int.MaxValue);
            return (number, problem);
        });

    public static Option<int> Port(string name, string description, int value) =>
        Number(name, description, value, minimum: 0, maximum: IPEndPoint.MaxPort);

    /// <summary>A size in bytes, with or without a unit: 4096, 64kb, 512mb.</summary>
    public static Option<ByteSize> Size(
        string name, string description, long value, long minimum, long maximum = long.MaxValue)
    {
        Option<ByteSize> option = Create(name, description, "BYTES", text => ParseSize(text, minimum, maximum));
        option.DefaultValueFactory = _ => new ByteSize(value);
        return option;
    }

    /// <summary>A size that has no default: left out, it is null.</summary>
    public static Option<ByteSize?> OptionalSize(string name, string description, long minimum) =>
        Create<ByteSize?>(name, description, "BYTES", text => ParseSize(text, minimum, long.MaxValue));

    /// <summary>A time that nothing may take longer than; 0 is no limit.</summary>
    public static Option<Limit> TimeLimit(string name, string description, TimeSpan value)
    {
        Option<Limit> option = Create(name, description, "TIME", ParseTimeLimit);
        option.DefaultValueFactory = _ => new Limit(value);
        return option;
    }

    /// <summary>An option whose value has one of a few names.</summary>
    /// <param name="name">What the option is called, with its dashes.</param>
    /// <param name="description">What the help says of it.</param>
    /// <param name="choices">The values by their names, in the order in which the help lists them.</param>
    /// <param name="value">What it is when it is left out.</param>
    public static Option<Choice<T>> Choice<T>(
        string name, string description, IReadOnlyDictionary<string, T> choices, T value)
        where T : struct
    {
        Option<Choice<T>> option = Create(name, description, string.Join('|', choices.Keys), Parse);
        option.DefaultValueFactory = _ => new Choice<T>(choices.First(choice => choice.Value.Equals(value)).Key, value);
        return option;

        (Choice<T> Value, string? Problem) Parse(string text) => choices.TryGetValue(text, out T chosen)
            ? (new Choice<T>(text, chosen), null)
            : (default, $"must be one of {string.Join(", ", choices.Keys)}");
    }

    /// <summary>The address of this machine or of another; loopback when it is left out.</summary>
    public static Option<IPAddress> Address(string name, string description)
    {
        Option<IPAddress> option = Create<IPAddress>(name, description, "ADDRESS", ParseAddress);
        option.DefaultValueFactory = _ => IPAddress.Loopback;
        return option;
    }

    /// <summary>The path of a Unix domain socket; a leading @ names an abstract one.</summary>
    public static Option<UnixDomainSocketEndPoint?> UnixSocket(string name, string description) =>
        Create<UnixDomainSocketEndPoint?>(name, description, "PATH", ParseUnixSocket);

    /// <summary>A file or directory, looked for when it is used.</summary>
    public static Option<string?> Path(string name, string description, string valueName) =>
        Create<string?>(
            name, description, valueName, text => (text, text.Length == 0 ? "must name a place" : null));

    /// <summary>A directory that is there.</summary>
    public static Option<string?> ExistingDirectory(string name, string description) =>
        Create<string?>(
            name,
            description,
            "DIR",
            text => (text, Directory.Exists(text) ? null : "must be a directory that exists"));

    /// <summary>An option that may be given several times.</summary>
    public static Option<string[]> Several(
        string name, string description, string valueName, Func<string, bool> isValid) => new(name)
        {
            Description = description,
            HelpName = valueName,
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result =>
            {
                string[] values = [.. result.Tokens.Select(token => token.Value)];
                if (Array.Find(values, value => !isValid(value)) is { } wrong)
                    result.AddError($"{name} must be a {valueName.ToLowerInvariant()}, not '{wrong}'.");
                return values;
            },
        };

    /// <summary>File permissions in octal.</summary>
    public static Option<Choice<UnixFileMode>> FileMode(string name, string description, string value)
    {
        Option<Choice<UnixFileMode>> option = Create(name, description, "MODE", ParseFileMode);
        option.DefaultValueFactory = _ => ParseFileMode(value).Value;
        return option;
    }

    /// <param name="name">What the option is called, with its dashes.</param>
    /// <param name="description">What the help says of it.</param>
    /// <param name="valueName">What the help calls the value.</param>
    /// <param name="parse">
    /// Reads what the user typed. A problem is worded to follow the option's name: "must be at least 1".
    /// </param>
    private static Option<T> Create<T>(
        string name, string description, string valueName, Func<string, (T? Value, string? Problem)> parse) => new(name)
        {
            Description = description,
            HelpName = valueName,
            CustomParser = result =>
            {
                // A missing value is an error already.
                if (result.Tokens.Count == 0)
                    return default;
                string text = result.Tokens[0].Value;
                (T? value, string? problem) = parse(text);
                if (problem is not null)
                    result.AddError($"{name} {problem}, not '{text}'.");
                return value;
            },
        };

    private static (int Value, string? Problem) ParseNumber(string text, int minimum, int maximum)
    {
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            && number >= minimum && number <= maximum)
        {
            return (number, null);
        }

        return (0, maximum == int.MaxValue
            ? $"must be a whole number of at least {minimum}"
            : $"must be a whole number from {minimum} to {maximum}");
    }

    private static (ByteSize Value, string? Problem) ParseSize(string text, long minimum, long maximum)
    {
        if (!ByteSize.TryParse(text, out ByteSize size))
            return (default, "must be a size like 4096, 64kb or 1gb");
        if (size.Bytes < minimum)
            return (default, $"must be at least {new ByteSize(minimum)}");
        return size.Bytes > maximum ? (default, $"must be at most {new ByteSize(maximum)}") : (size, null);
    }

    private static (Limit Value, string? Problem) ParseTimeLimit(string text) => Limit.TryParse(text, out Limit limit)
        ? (limit, null)
        : (default, $"must be a time like 30, 1.5s, 500ms, 2m or 1h of at most {Limit.Longest.Days} days, or 0");

    private static (IPAddress? Value, string? Problem) ParseAddress(string text)
    {
        if (text == "localhost")
            return (IPAddress.Loopback, null);
        return IPAddress.TryParse(text, out IPAddress? address)
            ? (address, null)
            : (null, "must be an IP address or localhost");
    }

    private static (UnixDomainSocketEndPoint? Value, string? Problem) ParseUnixSocket(string text)
    {
        string path = text.StartsWith('@') ? string.Concat("\0", text.AsSpan(1)) : text;
        try
        {
            return (new UnixDomainSocketEndPoint(path), null);
        }
        catch (ArgumentException)
        {
            return (null, "must be a path of 1 to 107 bytes, as systems allow for a socket");
        }
    }

    private static (Choice<UnixFileMode> Value, string? Problem) ParseFileMode(string text)
    {
        bool isOctal = text.Length is > 0 and <= 4 && !text.AsSpan().ContainsAnyExceptInRange('0', '7');
        return isOctal
            ? (new Choice<UnixFileMode>(text, (UnixFileMode)Convert.ToInt32(text, 8)), null)
            : (default, "must be octal, as in 660");
    }
}
