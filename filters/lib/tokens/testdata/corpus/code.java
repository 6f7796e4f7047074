package org.example.tide;

import java.util.*;
import java.util.stream.Collectors;

public final class TideTable<T extends Comparable<? super T>> {
    private static final long serialVersionUID = 0x1L;
    private final Map<String, List<T>> rows = new LinkedHashMap<>();

    @Override public String toString() {
        return rows.entrySet().stream().filter(e -> !e.getValue().isEmpty())
                .map(e -> e.getKey() + "=" + Collections.max(e.getValue())).collect(Collectors.joining(", ", "{", "}"));
    }
}
